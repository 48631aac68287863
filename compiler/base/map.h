/* map.h - hash map from pointer, interned string or 64-bit key to pointer, on an arena.
 * Iteration order is insertion order, so output never depends on addresses. */
#ifndef BASE_MAP_H
#define BASE_MAP_H
#include "compiler/base/arena.h"

typedef struct Map { Arena *arena; struct MapSlot *slots; int n, cap; int32_t *table; int table_cap; } Map;
typedef struct MapSlot { uint64_t key; const void *skey; void *val; } MapSlot;

void  map_init(Map *m, Arena *a);
void *map_get(const Map *m, const void *key);               /* pointer identity; NULL when absent */
void  map_put(Map *m, const void *key, void *val);          /* replaces */
void *map_get_i(const Map *m, uint64_t key);
void  map_put_i(Map *m, uint64_t key, void *val);
/* text keys, compared by content (no interning needed) */
typedef struct SMap { Map m; } SMap;
void  smap_init(SMap *m, Arena *a);
void *smap_get(const SMap *m, const char *key);
void  smap_put(SMap *m, const char *key, void *val);        /* key is copied */
#define map_count(mp) ((mp)->n)
/* for (int i = 0; i < m.n; i++) m.slots[i].skey / .key / .val  : insertion order */
uint64_t hash_bytes(const void *p, size_t n, uint64_t seed);
uint64_t hash_u64(uint64_t x, uint64_t seed);
#endif
