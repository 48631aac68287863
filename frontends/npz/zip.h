/* zip.h - the table of contents of a zip archive, and its members' bytes. For npz only: no spanned archives, no
 * encryption, methods 0 (stored) and 8 (deflated). */
#ifndef FRONTENDS_NPZ_ZIP_H
#define FRONTENDS_NPZ_ZIP_H
#include "frontends/checkpoint_format.h"

typedef struct ZipEntry {
  const char *name; size_t name_len;   /* NUL-terminated copy; may hold any byte */
  uint64_t at, data, csize, usize;     /* offsets of its local header and its bytes; stored and real size */
  uint64_t dir_at; int dir_len;        /* its record in the central directory, for messages */
  uint32_t crc; int method;
} ZipEntry;

typedef struct ZipDir { ZipEntry *at; int n; } ZipDir;

enum { ZIP_STORED = 0, ZIP_DEFLATED = 8 };

/* Reads the central directory and checks it against the local headers: every member lies inside of the file and no
 * two share a byte. 0 after "checkpoint-zip". */
int zip_directory(CheckpointFile *f, ZipDir *out);
/* Gives the first n bytes (n <= usize) of a deflated member in dst. 0: the stream is broken or shorter; *why. */
int zip_inflate(const CheckpointFile *f, const ZipEntry *e, unsigned char *dst, size_t n, const char **why);
/* CRC-32 as zip uses it (reflected 0xEDB88320): of the bytes before (0: none) to that with n more. */
uint32_t zip_crc32(uint32_t before, const void *data, size_t n);
#endif
