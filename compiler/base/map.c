/* map.c - hash maps: slots in insertion order plus an open-addressing table of slot numbers.
 * Takes keys and pointers, gives them back. No deletion: a compilation only learns.
 * Addresses decide where a key lies in the table, never the order of iteration. */
#include "compiler/base/map.h"

#include <string.h>

uint64_t hash_u64(uint64_t x, uint64_t seed)
{
    /* The finaliser of splitmix64 (Steele, Lea, Flood 2014): every input bit reaches every output bit. */
    x += seed + 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

uint64_t hash_bytes(const void *p, size_t n, uint64_t seed)
{
    const unsigned char *byte = p;
    uint64_t h = 0xcbf29ce484222325u ^ seed;        /* FNV-1a, then mixed */
    for (size_t i = 0; i < n; i++) h = (h ^ byte[i]) * 0x100000001b3u;
    return hash_u64(h, n);
}

void map_init(Map *m, Arena *a)
{
    memset(m, 0, sizeof *m);
    m->arena = a;
}

/* The slot number of a key, or -1. `text` is compared too when it is not NULL. */
static int find(const Map *m, uint64_t hash, uint64_t key, const char *text)
{
    if (!m->table_cap) return -1;
    uint64_t mask = (uint64_t)m->table_cap - 1;
    for (uint64_t i = hash & mask;; i = (i + 1) & mask) {
        int slot = m->table[i] - 1;
        if (slot < 0) return -1;
        if (m->slots[slot].key == key && (!text || !strcmp(m->slots[slot].skey, text))) return slot;
    }
}

static void enter(Map *m, uint64_t hash, int slot)
{
    uint64_t mask = (uint64_t)m->table_cap - 1, i = hash & mask;
    while (m->table[i]) i = (i + 1) & mask;
    m->table[i] = slot + 1;
}

static void grow_table(Map *m, int text_keys)
{
    m->table_cap = m->table_cap ? m->table_cap * 2 : 16;
    m->table = NEWN(m->arena, int32_t, m->table_cap);
    for (int i = 0; i < m->n; i++)
        enter(m, text_keys ? m->slots[i].key : hash_u64(m->slots[i].key, 0), i);
}

static void put(Map *m, uint64_t hash, MapSlot slot, int text_keys)
{
    int at = find(m, hash, slot.key, text_keys ? slot.skey : NULL);
    if (at >= 0) {
        m->slots[at].val = slot.val;
        return;
    }
    if (m->n >= m->table_cap / 2) grow_table(m, text_keys);
    vec_grow(m->arena, (void **)&m->slots, &m->cap, m->n, sizeof *m->slots);
    if (text_keys) slot.skey = arena_str(m->arena, slot.skey, strlen(slot.skey));
    m->slots[m->n] = slot;
    enter(m, hash, m->n++);
}

void *map_get_i(const Map *m, uint64_t key)
{
    int at = find(m, hash_u64(key, 0), key, NULL);
    return at < 0 ? NULL : m->slots[at].val;
}

void map_put_i(Map *m, uint64_t key, void *val)
{
    put(m, hash_u64(key, 0), (MapSlot){key, NULL, val}, 0);
}

void *map_get(const Map *m, const void *key)
{
    return map_get_i(m, (uintptr_t)key);
}

void map_put(Map *m, const void *key, void *val)
{
    put(m, hash_u64((uintptr_t)key, 0), (MapSlot){(uintptr_t)key, key, val}, 0);
}

void smap_init(SMap *m, Arena *a)
{
    map_init(&m->m, a);
}

void *smap_get(const SMap *m, const char *key)
{
    uint64_t hash = hash_bytes(key, strlen(key), 0);
    int at = find(&m->m, hash, hash, key);
    return at < 0 ? NULL : m->m.slots[at].val;
}

void smap_put(SMap *m, const char *key, void *val)
{
    uint64_t hash = hash_bytes(key, strlen(key), 0);
    put(&m->m, hash, (MapSlot){hash, key, val}, 1);
}
