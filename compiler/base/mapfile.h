/* mapfile.h - read-only memory map of a file; unmapped when the owner is freed. */
#ifndef BASE_MAPFILE_H
#define BASE_MAPFILE_H
#include "compiler/base/diag.h"
typedef struct MapFile { const unsigned char *data; size_t size; const char *path; } MapFile;
typedef struct MapFiles { VEC(MapFile *) list; } MapFiles;
/* NULL and *why on failure (no file, directory, not readable). Empty files map to data == "" and size 0. */
MapFile *mapfile_open(MapFiles *all, Arena *a, const char *path, const char **why);
void     mapfiles_close(MapFiles *all);
/* sha256 of bytes (FIPS 180-4), 32 bytes out; hex writes 65 chars with NUL. */
void sha256(const void *data, size_t n, unsigned char out[32]);
void sha256_hex(const void *data, size_t n, char out[65]);
uint32_t crc32c_of(const void *data, size_t n, uint32_t seed); /* Castagnoli, reflected */
#endif
