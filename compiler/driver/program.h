/* program.h - programs over tokens in the driver: what program.c, tokens.c and learned.c share. */
#ifndef DRIVER_PROGRAM_H
#define DRIVER_PROGRAM_H
#include "compiler/driver/driver.h"

typedef struct Token { const char *text; double num; int is_text, is_float, is_bool; } Token;
typedef struct Tokens { VEC(Token) v; } Tokens;

int  program_wrong(const char **why, const char *what);   /* 0, and *why */
void json_quoted(Out *o, const char *s);
/* program.c: the outputs for tokens; 0 and *why when it fails. An element of them as text: kinds: as JSON, 1 is not 1.0 or "1". */
int         program_apply(ProgramRunner *r, const Tokens *k, Value **out, const char **why);
const char *program_element(const ProgramRunner *r, const Value *out, int64_t k, int kinds);
/* tokens.c. One input, a token a character or a JSON list. */
int  tokens_read(Ctx *ctx, const Options *o, const char *input, Tokens *to, const char **fault);
/* The values of a base sequence; base -1: only its length matters. */
int  rasp_input(Ctx *ctx, RaspProgram *p, int base, const Tokens *k, const char **fault, Value *to);
void rasp_print(Ctx *ctx, const RaspProgram *p, const RaspEntry *e, const Value *out, int64_t n, Out *o);      /* as the reference does */
const char *rasp_element(Ctx *ctx, const RaspProgram *p, const RaspEntry *e, const Value *out, int64_t k, int kinds);
void rasp_print_json(Ctx *ctx, const RaspProgram *p, const RaspEntry *e, const Value *out, int64_t n, Out *o);
/* learned.c. One input, words between blanks or a JSON list of texts. */
int  words_read(Ctx *ctx, const Options *o, const char *input, Tokens *to, const char **fault);
int  learned_input(Ctx *ctx, const Tprog *t, const Tokens *k, const char **fault, Value *to);
void learned_print(const Tprog *t, int json, const Value *out, int64_t n, Out *o);
#endif
