#!/usr/bin/env python3
"""Second implementation of runtime/math/rng.c and normal.c, and writer of the vectors both are held to.

Philox4x32-10 after Salmon, Moraes, Dror, Shaw, SC'11.  Key = (seed, 0), counter = (ctr, 0, 0, 0), 32 bits each.
rand_u32, randint, uniform are bit for bit those of the C texts; normal is the same formula in double (the compiler's
is equal to rounding, that of emitted programs, in float, within 2e-6).
usage: rng_ref.py > tests/math/rng_vectors.txt     rng_ref.py --check (known answers, and the file is up to date)
Needs only the standard library.
"""
import math
import os
import struct
import sys

M32 = 0xFFFFFFFF


def philox4x32_10(ctr, key):
    c, k = list(ctr), list(key)
    for _ in range(10):
        p0, p1 = c[0] * 0xD2511F53, c[2] * 0xCD9E8D57
        c = [(p1 >> 32) ^ c[1] ^ k[0], p1 & M32, (p0 >> 32) ^ c[3] ^ k[1], p0 & M32]
        k = [(k[0] + 0x9E3779B9) & M32, (k[1] + 0xBB67AE85) & M32]
    return c


def rand_bits(seed, ctr):
    w = philox4x32_10([ctr, 0, 0, 0], [seed, 0])
    return w[0] << 32 | w[1]


def rand_u32(seed, ctr):
    return rand_bits(seed, ctr) >> 32


def randint(seed, ctr, n):
    return rand_bits(seed, ctr) * max(n, 0) >> 64


def uniform(seed, ctr):
    return (rand_u32(seed, ctr) >> 8) * 2.0**-24


def normal(seed, ctr):
    w = rand_bits(seed, ctr)
    u1 = (2 * (w >> 41) + 1) * 2.0**-24
    u2 = ((w & M32) >> 8) * 2.0**-24
    return math.sqrt(-2.0 * math.log(u1)) * math.cos(2.0 * math.pi * u2)


# known answers published with the authors' library (Random123, kat_vectors)
KNOWN = [
    ([0] * 4, [0] * 2, [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]),
    ([M32] * 4, [M32] * 2, [0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD]),
    ([0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344], [0xA4093822, 0x299F31D0], [0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1]),
]


def vectors():
    yield "# made by tests/math/rng_ref.py; numbers hexadecimal, 32 bits, normal decimal: kind seed ctr n value"
    seeds = [0, 1, 42, 0x01234567, 2**31, 2**32 - 1]
    ctrs = [0, 1, 2, 3, 1000, 2**31 - 1, 2**31, 2**32 - 1]
    for s in seeds:
        for c in ctrs:
            yield f"u32 {s:x} {c:x} 0 {rand_u32(s, c):x}"
            for n in (0, 1, 2, 10, 32000, 2**31 - 1):
                yield f"int {s:x} {c:x} {n:x} {randint(s, c, n):x}"
            yield f"uniform {s:x} {c:x} 0 {struct.unpack('<I', struct.pack('<f', uniform(s, c)))[0]:x}"
            yield f"normal {s:x} {c:x} 0 {normal(s, c):.12f}"


def main():
    text = "\n".join(vectors()) + "\n"
    if sys.argv[1:] == ["--check"]:
        path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "rng_vectors.txt")
        known = all(philox4x32_10(c, k) == w for c, k, w in KNOWN)
        same = open(path).read() == text
        print(f"known answers {'ok' if known else 'WRONG'}, vector file {'ok' if same else 'OUT OF DATE'}")
        return 0 if known and same else 1
    sys.stdout.write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
