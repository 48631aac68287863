/* program.h - programs over tokens in the driver: what program.c, tokens.c and learned.c share. */
#ifndef DRIVER_PROGRAM_H
#define DRIVER_PROGRAM_H
#include "compiler/driver/driver.h"

typedef struct Token { const char *text; double num; int is_text, is_float, is_bool; } Token;
typedef struct Tokens { VEC(Token) v; } Tokens;

int  program_wrong(const char **why, const char *what);   /* 0, and *why */
void json_quoted(Out *o, const char *s);
/* tokens.c. One input, a token a character or a JSON list. */
int  tokens_read(Ctx *ctx, const Options *o, const char *input, Tokens *to, const char **fault);
/* The values of a base sequence; base -1: only its length matters. */
int  rasp_input(Ctx *ctx, RaspProgram *p, int base, const Tokens *k, const char **fault, Value *to);
void rasp_print(Ctx *ctx, const RaspProgram *p, const RaspEntry *e, const Value *out, int64_t n, Out *o);      /* as the reference does */
void rasp_print_json(Ctx *ctx, const RaspProgram *p, const RaspEntry *e, const Value *out, int64_t n, Out *o);
/* learned.c. One input, words between blanks or a JSON list of texts. */
int  words_read(Ctx *ctx, const Options *o, const char *input, Tokens *to, const char **fault);
int  learned_input(Ctx *ctx, const Tprog *t, const Tokens *k, const char **fault, Value *to);
void learned_print(const Tprog *t, int json, const Value *out, int64_t n, Out *o);
#endif
