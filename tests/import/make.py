#!/usr/bin/env python3
"""Makes the files of tests/import/good and tests/import/err, which are committed: tests need no Python.

Every file has a FILE.want beside it: what import_test must say about it. The lines are computed here, from how the
file is put together, never from what the reader says:
    NAME:0xOFFSET: error [id]        a diagnostic and the byte it points to
    tensor TYPE: values              a tensor (good files)
Run it in this folder after adding a case; numpy is needed.
"""
import io, json, os, shutil, struct, zipfile, zlib
import numpy as np

os.chdir(os.path.dirname(os.path.abspath(__file__)))
for d in ("good", "err"):
    os.makedirs(d, exist_ok=True)
    for f in os.listdir(d):
        shutil.rmtree(os.path.join(d, f)) if os.path.isdir(os.path.join(d, f)) else os.remove(os.path.join(d, f))


def save(folder, name, data, want):
    with open(f"{folder}/{name}", "wb") as f:
        f.write(data)
    if want is not None:
        with open(f"{folder}/{name}.want", "w") as f:
            f.write("".join(w + "\n" for w in want))


def bad(name, data, at, slug, kind="error", rest=(), file=None):
    """at: offset, or bytes whose first place in the file is meant."""
    off = at if isinstance(at, int) else data.index(at)
    save("err", name, data, [f"{file or name}:0x{off:x}: {kind} [{slug}]", *rest])


def line(name, typ, shape, values):
    def show(v):
        return ("%.9g" % v).replace("+nan", "nan") if isinstance(v, float) else str(int(v))
    return f"{name} {typ}[{','.join(map(str, shape))}]:" + "".join(" " + show(v) for v in values)


# ---------------------------------------------------------------- safetensors
def st(header, data=b"", n=None):
    h = header if isinstance(header, bytes) else header.encode()
    return struct.pack("<Q", len(h) if n is None else n) + h + data


def entry(name, dtype, shape, begin, end):
    return f'"{name}":{{"dtype":"{dtype}","shape":{json.dumps(shape)},"data_offsets":[{begin},{end}]}}'


F = [1.0, -2.5, 0.0, 3.140625, -65504.0, 6.103515625e-05]          # exact in f16 too
B = [1.0, -2.5, 0.0, 3.140625, -3.0e38 // 1, 0.15625]
bf = lambda v: struct.pack("<f", v)[2:]
bfval = lambda v: struct.unpack("<f", b"\0\0" + bf(v))[0]
kinds = [
    ("F32", "f32", b"".join(struct.pack("<f", v) for v in F), F),
    ("F16", "f16", b"".join(struct.pack("<e", v) for v in F), F),
    ("BF16", "bf16", b"".join(bf(v) for v in B), [bfval(v) for v in B]),
    ("F64", "f64", b"".join(struct.pack("<d", v) for v in F), F),
    ("I8", "i8", struct.pack("<6b", -128, 127, 0, -1, 5, 77), [-128, 127, 0, -1, 5, 77]),
    ("U8", "u8", struct.pack("<6B", 255, 0, 128, 1, 5, 77), [255, 0, 128, 1, 5, 77]),
    ("I16", "i16", struct.pack("<6h", -32768, 32767, 0, -1, 5, 77), [-32768, 32767, 0, -1, 5, 77]),
    ("U16", "u16", struct.pack("<6H", 65535, 0, 32768, 1, 5, 77), [65535, 0, 32768, 1, 5, 77]),
    ("I32", "i32", struct.pack("<6i", -2**31, 2**31 - 1, 0, -1, 5, 77), [-2**31, 2**31 - 1, 0, -1, 5, 77]),
    ("I64", "i64", struct.pack("<6q", -2**63, 2**63 - 1, 0, -1, 5, 77), [-2**63, 2**63 - 1, 0, -1, 5, 77]),
    ("BOOL", "bool", bytes([1, 0, 1, 1, 0, 0]), [1, 0, 1, 1, 0, 0]),
]
pos, hdr, buf, want = 0, [], b"", []
for name, typ, data, vals in kinds:
    hdr.append(entry("t." + typ, name, [2, 3], pos, pos + len(data)))
    want.append(line("t." + typ, typ, [2, 3], vals))
    buf += data
    pos += len(data)
save("good", "dtypes.safetensors", st('{"__metadata__":{"format":"pt"},' + ",".join(hdr) + "}   ", buf), want)
# The table in reverse order of the data, a scalar, sizes of zero, an odd header length (unaligned data), UTF-8.
h = "{" + ",".join([entry("b\u00e9", "F32", [2], 4, 12), entry("empty", "F32", [0, 7], 4, 4), entry("a", "F32", [], 0, 4)]) + "}"
h += " " * (1 if (len(h.encode()) + 1) % 2 else 2)
save("good", "order.safetensors", st(h, struct.pack("<3f", 1, 2, 3)),
     [line("b\u00e9", "f32", [2], [2.0, 3.0]), line("empty", "f32", [0, 7], []), line("a", "f32", [], [1.0])])
save("good", "empty.safetensors", st("{}"), [])
save("good", "metadata-null.safetensors", st('{"__metadata__":null}'), [])
save("good", "unsupported.safetensors",
     st("{" + entry("q", "F8_E4M3", [2, 2], 0, 4) + "," + entry("u", "U32", [1], 4, 8) + "," + entry("n", "F3_NEW", [9], 8, 9)
        + "," + entry("w", "I8", [1], 9, 10) + "}", bytes(10)),
     ["q F8_E4M3[2,2]: unsupported", "u U32[1]: unsupported", "n F3_NEW[9]: unsupported", line("w", "i8", [1], [0])])
save("good", "escaped.safetensors", st("{" + entry("a\\u0062\\/\\\"c", "I8", [1], 0, 1) + "}", b"\7"),
     [line('ab/"c', "i8", [1], [7])])
save("good", "sharded-1.safetensors", st("{" + entry("a", "I8", [2], 0, 2) + "}", b"\1\2"), None)
save("good", "sharded-2.safetensors", st("{" + entry("b", "I16", [1], 0, 2) + "," + entry("c", "U8", [1], 2, 3) + "}", b"\3\0\4"), None)
save("good", "sharded.safetensors.index.json",
     b'{"metadata":{"total_size":5},\n "weight_map":{"b":"sharded-2.safetensors","a":"sharded-1.safetensors","c":"sharded-2.safetensors"}}\n',
     [line("b", "i16", [1], [3]), line("c", "u8", [1], [4]), line("a", "i8", [2], [1, 2])])
# A folder as downloaded: the index if there is one, else the one file.
for n in ("folder-one", "folder-shards"):
    os.makedirs(f"good/{n}")
    save(f"good/{n}", "model.safetensors", st("{" + entry("a", "I8", [2], 0, 2) + "}", b"\1\2"), None)
save("good/folder-shards", "x.safetensors", st("{" + entry("x", "I8", [2], 0, 2) + "}", b"\3\4"), None)
save("good/folder-shards", "model.safetensors.index.json", b'{"weight_map":{"x":"x.safetensors"}}', None)
for n, w in (("folder-one", line("a", "i8", [2], [1, 2])), ("folder-shards", line("x", "i8", [2], [3, 4]))):
    with open(f"good/{n}.want", "w") as f:
        f.write(w + "\n")

ok = entry("w", "F32", [2], 0, 8)
D = struct.pack("<2f", 1, 2)
bad("checkpoint-truncated-start.safetensors", b"\1\0\0", 3, "checkpoint-truncated")
bad("checkpoint-truncated-empty.safetensors", b"", 0, "checkpoint-truncated")
bad("checkpoint-truncated-header.safetensors", st("{}", n=3), 0, "checkpoint-truncated")
bad("checkpoint-truncated-data.safetensors", st("{" + ok + "}", D[:7]), b"[0,8]", "checkpoint-truncated")
bad("checkpoint-truncated-second.safetensors", st("{" + ok + "," + entry("v", "I8", [9], 8, 17) + "}", D), b"[8,17]", "checkpoint-truncated")
bad("checkpoint-header-limit.safetensors", st("{}", n=100000001), 0, "checkpoint-header")
bad("checkpoint-header-huge.safetensors", st("{}", n=2**64 - 1), 0, "checkpoint-header")
bad("checkpoint-header-none.safetensors", st(""), 8, "checkpoint-header")
bad("checkpoint-header-space.safetensors", st(" {}"), 8, "checkpoint-header")
bad("checkpoint-header-list.safetensors", st("[]"), 8, "checkpoint-header")
x = st("{" + ok + ";}", D)
bad("checkpoint-header-json.safetensors", x, x.index(b";"), "checkpoint-header")
x = st("{" + ok + "}x", D)
bad("checkpoint-header-behind.safetensors", x, x.index(b"}x") + 1, "checkpoint-header")
x = st(b'{"w\xff":1}')
bad("checkpoint-header-utf8.safetensors", x, b"\xff", "checkpoint-header")
x = st("{" + ok + "," + ok + "}", D)
bad("checkpoint-header-duplicate.safetensors", x, x.rindex(b'"w"'), "checkpoint-header")
x = st('{"w":3}')
bad("checkpoint-header-kind.safetensors", x, b"3}", "checkpoint-header")
for key in ("dtype", "shape", "data_offsets"):
    e = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}
    del e[key]
    x = st(json.dumps({"w": e}), D)
    bad(f"checkpoint-header-no-{key.replace('_', '-')}.safetensors", x, x.index(b"{", 9), "checkpoint-header")
    for what, v in (("null", None), ("string", "x"), ("object", {})):
        if key == "dtype" and what == "string":
            continue
        e[key] = v
        x = st(json.dumps({"w": dict(sorted(e.items()))}), D)
        where = x.index(f'"{key}": '.encode()) + len(key) + 4
        bad(f"checkpoint-header-{key.replace('_', '-')}-{what}.safetensors", x, where, "checkpoint-header")
for what, v in (("one", "[0]"), ("three", "[0,4,8]"), ("negative", "[-8,0]"), ("fraction", "[0,8.0]"), ("big", "[0,99999999999999999999]")):
    x = st('{"w":{"dtype":"F32","shape":[2],"data_offsets":' + v + "}}", D)
    bad(f"checkpoint-header-offsets-{what}.safetensors", x, v.encode(), "checkpoint-header")
for what, v, at in (("negative", "[-2]", b"-2"), ("fraction", "[2.0]", b"2.0"), ("string", '["2"]', b'"2"'),
                    ("big", "[2,9223372036854775808]", b"9223"), ("rank", "[" + "1," * 12 + "2]", b"[1,"),
                    ("product", "[4294967296,4294967296]", b"[4294"), ("bytes", "[4611686018427387904]", b"[4611"),
                    ("zero", "[0,4294967296,4294967296]", b"[0,4294")):
    x = st('{"w":{"dtype":"F32","shape":' + v + ',"data_offsets":[0,8]}}', D)
    bad(f"checkpoint-shape-{what}.safetensors", x, at, "checkpoint-shape")
x = st("{" + entry("w", "F4", [3], 0, 2) + "}", b"\0\0")
bad("checkpoint-shape-bits.safetensors", x, b"[3]", "checkpoint-shape")
bad("checkpoint-size-less.safetensors", st("{" + entry("w", "F32", [3], 0, 8) + "}", D), b"[0, 8]".replace(b" ", b""), "checkpoint-size")
bad("checkpoint-size-more.safetensors", st("{" + entry("w", "F16", [2], 0, 8) + "}", D), b"[0,8]", "checkpoint-size")
bad("checkpoint-size-unsupported.safetensors", st("{" + entry("w", "F8_E5M2", [2], 0, 8) + "}", D), b"[0,8]", "checkpoint-size")
bad("checkpoint-layout-reverse.safetensors", st("{" + entry("w", "F32", [2], 8, 0) + "}", D), b"[8,0]", "checkpoint-layout")
bad("checkpoint-layout-overlap.safetensors", st("{" + ok + "," + entry("v", "F32", [2], 4, 12) + "}", D + D[:4]), b"[4,12]", "checkpoint-layout")
bad("checkpoint-layout-same.safetensors", st("{" + ok + "," + entry("v", "F32", [2], 0, 8) + "}", D), st("{" + ok + "," + entry("v", "F32", [2], 0, 8) + "}").rindex(b"[0,8]"), "checkpoint-layout")
bad("checkpoint-layout-hole.safetensors", st("{" + ok + "," + entry("v", "F32", [1], 12, 16) + "}", D + D), b"[12,16]", "checkpoint-layout")
bad("checkpoint-layout-begin.safetensors", st("{" + entry("v", "F32", [1], 4, 8) + "}", D), b"[4,8]", "checkpoint-layout")
x = st("{" + ok + "}", D + b"!")
bad("checkpoint-layout-behind.safetensors", x, len(x) - 1, "checkpoint-layout")
bad("checkpoint-layout-only-data.safetensors", st("{}", b"hidden"), 10, "checkpoint-layout")
bad("checkpoint-name-empty.safetensors", st("{" + entry("", "I8", [1], 0, 1) + "}", b"\0"), b'""', "checkpoint-name")
bad("checkpoint-name-nul.safetensors", st("{" + entry("w\\u0000x", "I8", [1], 0, 1) + "}", b"\0"), 9, "checkpoint-name")
bad("checkpoint-name-control.safetensors", st("{" + entry("w\\u001b[2J", "I8", [1], 0, 1) + "}", b"\0"), 9, "checkpoint-name")
bad("checkpoint-name-c1.safetensors", st("{" + entry("w\\u009bx", "I8", [1], 0, 1) + "}", b"\0"), 9, "checkpoint-name")
bad("checkpoint-name-long.safetensors", st("{" + entry("w" * 513, "I8", [1], 0, 1) + "}", b"\0"), 9, "checkpoint-name")
x = st("{" + entry("w", "BOOL", [3], 0, 3) + "}", b"\0\1\2")
bad("checkpoint-value-bool.safetensors", x, len(x) - 1, "checkpoint-value")
bad("checkpoint-metadata.safetensors", st('{"__metadata__":{"a":"b","n":3}}'), b"3}", "checkpoint-metadata", "warning")
bad("checkpoint-metadata-list.safetensors", st('{"__metadata__":[1]}'), b"[1]", "checkpoint-metadata", "warning")
bad("checkpoint-dtype-f8.safetensors", st("{" + entry("w", "F8_E4M3", [1], 0, 1) + "}", b"\0"), 9, "checkpoint-dtype")
bad("checkpoint-dtype-unknown.safetensors", st("{" + entry("w", "N\\u001bX", [1], 0, 1) + "}", b"\0"), 9, "checkpoint-dtype")
bad("checkpoint-format.bin", b"GARBAGE!", 0, "checkpoint-format")

# shards
ix = lambda m, extra="": ('{"weight_map":' + m + extra + "}").encode()
save("err", "part-1.safetensors", st("{" + ok + "}", D), None)
save("err", "part-2.safetensors", st("{" + ok + "}", D), None)
bad("cannot-read-shard.index.json", ix('{"w":"absent.safetensors"}'), b'"absent', "cannot-read")
for what, v in (("slash", '"sub/x"'), ("parent", '".."'), ("absolute", '"/etc/passwd"'), ("drive", '"C:x"'), ("backslash", '"a\\\\b"'),
                ("empty", '""'), ("nul", '"a\\u0000b"'), ("number", "7")):
    x = ix('{"w":' + v + "}")
    bad(f"checkpoint-shard-{what}.index.json", x, v.encode(), "checkpoint-shard")
bad("checkpoint-shard-none.index.json", b'{"metadata":{}}', 0, "checkpoint-shard")
bad("checkpoint-shard-kind.index.json", ix("[]"), b"[]", "checkpoint-shard")
bad("checkpoint-shard-absent.index.json", ix('{"v":"part-1.safetensors"}'), b'"v"', "checkpoint-shard")
bad("checkpoint-header-index.index.json", b'{"weight_map":', 14, "checkpoint-header")
bad("checkpoint-duplicate-shard.index.json", ix('{"w":"part-1.safetensors","v":"part-2.safetensors"}'), 9, "checkpoint-duplicate", file="part-2.safetensors")
x = ix('{"w":"part-1.safetensors","v":"part-1.safetensors"}')
bad("checkpoint-shard-second.index.json", x, b'"v"', "checkpoint-shard")

# ---------------------------------------------------------------- npy
NAMES = {"float32": "f32", "float16": "f16", "float64": "f64", "int8": "i8", "uint8": "u8", "int16": "i16", "uint16": "u16",
         "int32": "i32", "int64": "i64", "bool": "bool"}


def vals(a):
    return [v.item() if a.dtype.kind != "b" else int(v) for v in a.ravel()]


def npy(a, version=None):
    f = io.BytesIO()
    np.lib.format.write_array(f, a, version=version)
    return f.getvalue()


def good_npy(name, a, version=None):
    save("good", name + ".npy", npy(a, version), [line(name, NAMES[a.dtype.newbyteorder("=").name], a.shape, vals(a))])


base = np.array([[1.5, -2.0, 0.25], [100.0, 0.0, -7.0]])
for t in NAMES:
    a = base.astype(t) if t != "bool" else base > 0
    if t.startswith("u"):
        a = np.abs(base).astype(t)
    good_npy("npy-" + NAMES[t], a)
good_npy("npy-v2", base.astype("f4"), (2, 0))
good_npy("npy-v3", base.astype("f4"), (3, 0))
good_npy("npy-big-f4", base.astype(">f4"))
good_npy("npy-big-i8", base.astype(">i8"))
good_npy("npy-scalar", np.array(2.5, "f4"))
good_npy("npy-empty", np.zeros((0, 5), "f4"))
good_npy("npy-one-axis", np.arange(3, dtype="i4"))
r3 = np.arange(24, dtype="i2").reshape(2, 3, 4)
good_npy("npy-fortran", np.asfortranarray(r3))
good_npy("npy-fortran-big", np.asfortranarray(r3.astype(">i4")))
good_npy("npy-fortran-bool", np.asfortranarray(r3 % 3 == 0))
good_npy("npy-fortran-empty", np.asfortranarray(np.zeros((2, 0, 3), "f4")))


def raw(d, data=b"", version=b"\1\0", n=None):
    d = d if isinstance(d, bytes) else d.encode()
    fmt = "<H" if version[0] == 1 else "<I"
    return b"\x93NUMPY" + version + struct.pack(fmt, len(d) if n is None else n) + d + data


dic = lambda descr="'<f4'", order="False", shape="(2,)": f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}\n"
# Accepted although numpy writes them differently: other quotes, no last comma, Python 2 integers, no padding.
save("good", "npy-spelling.npy", raw('{"shape":(2L,),"fortran_order":False,"descr":"=f4"}', D), [line("npy-spelling", "f32", [2], [1.0, 2.0])])
save("good", "npy-record.npy", raw(dic("[('a', '<f4'), ('b', '<i4', (2,))]", shape="(1,)"), bytes(12)), ["npy-record structured[1]: unsupported"])
save("good", "npy-object.npy", raw(dic("'|O'"), b"\x80\4."), ["npy-object |O[2]: unsupported"])

bad("checkpoint-header-magic.npy", b"\x93NUMPX\1\0", 0, "checkpoint-header")
bad("checkpoint-header-version.npy", raw(dic(), D, b"\4\0"), 6, "checkpoint-header")
bad("checkpoint-truncated-npy-length.npy", b"\x93NUMPY\1\0\1", 9, "checkpoint-truncated")
bad("checkpoint-truncated-npy-header.npy", raw("{", n=9), 8, "checkpoint-truncated")
bad("checkpoint-header-npy-limit.npy", raw(dic(), D, b"\2\0", n=70000), 8, "checkpoint-header")
bad("checkpoint-truncated-npy-data.npy", raw(dic(), D[:5]), len(raw(dic())) + 5, "checkpoint-truncated")
bad("checkpoint-layout-npy-behind.npy", raw(dic(), D + b"?"), len(raw(dic())) + 8, "checkpoint-layout")
for what, d, at in (("key", "{'descr': '<f4', 'other': 1}", b"'other'"), ("twice", "{'descr': '<f4', 'descr': '<f4'}", 10 + 17),
                    ("missing", "{'descr': '<f4', 'shape': (2,)}", b"}"), ("no-dict", "(1,)", b"(1,)"),
                    ("call", dic("__import__('os')"), b"__import__"), ("bool", dic(order="1"), b"1,"),
                    ("minus", dic(shape="(-2,)"), b"-2"), ("float", dic(shape="(2.,)"), b".,"), ("list", dic(shape="[2]"), b"[2]"),
                    ("comma", dic(shape="(2 3)"), b"3)"), ("open", "{'descr': '<f4", 10 + 14), ("escape", dic("'<f\\x34'"), b"\\x34"),
                    ("colon", "{'descr' '<f4'}", b"'<f4'"), ("behind", dic() + "x", b"x"), ("type", dic("'f4'"), b"'f4'"),
                    ("order", dic("'~f4'"), b"'~f4'"), ("record", dic("[('a',"), 10 + len(dic("[('a',"))), ("end", "{'descr': '<f4' 'shape'", b"'shape'")):
    x = raw(d, D)
    if what == "record":
        x = raw("{'descr': [('a',")
        at = len(x)
    bad(f"checkpoint-header-npy-{what}.npy", x, at, "checkpoint-header")
bad("checkpoint-shape-npy-big.npy", raw(dic(shape="(9223372036854775808,)"), D), b"9223", "checkpoint-shape")
bad("checkpoint-shape-npy-product.npy", raw(dic(shape="(4294967296, 4294967296)"), D), 10, "checkpoint-shape")
x = raw(dic(shape="(" + "1," * 12 + "7)"), D)
bad("checkpoint-shape-npy-rank.npy", x, b"7)", "checkpoint-shape")
x = raw(dic("'|b1'"), b"\1\x80")
bad("checkpoint-value-npy.npy", x, len(x) - 1, "checkpoint-value")
bad("checkpoint-value-fortran.npy", raw(dic("'|b1'", "True", "(1, 2)"), b"\1\x80"), 0, "checkpoint-value")
bad("checkpoint-dtype-npy.npy", raw(dic("'|O'"), b"\x80\4."), 0, "checkpoint-dtype")
bad("checkpoint-dtype-complex.npy", npy(np.zeros(1, "c8")), 0, "checkpoint-dtype")

# ---------------------------------------------------------------- npz
A = {"w": base.astype("f4"), "sub/b": np.arange(5, dtype="i8"), "m": base > 0}
for n, write in (("npz-stored", np.savez), ("npz-deflated", np.savez_compressed)):
    if write == np.savez_compressed:                   # large enough to be unpacked in two steps
        A["z"] = np.zeros((300, 100), "f4")
        A["z"][0, 1] = A["z"][299, 99] = 2.5
        A["zt"] = np.asfortranarray(A["z"].astype(">f4"))
    write(f"good/{n}.npz", **A)
    save("good", n + ".npz", open(f"good/{n}.npz", "rb").read(),
         [line(k, NAMES[v.dtype.newbyteorder("=").name], v.shape, vals(v)[:64]) for k, v in A.items()])


def zipped(members, method=zipfile.ZIP_STORED, comment=b""):
    f = io.BytesIO()
    with zipfile.ZipFile(f, "w", method) as z:
        for k, v in members:
            z.writestr(zipfile.ZipInfo(k) if method == zipfile.ZIP_STORED else k, v, method)
        z.comment = comment
    return f.getvalue()


wb = npy(base.astype("f4"))
wline = line("w", "f32", [2, 3], vals(base))
save("good", "npz-comment.npz", zipped([("w.npy", wb)], comment=b"PK\5\6 a comment that looks like an end"), [wline])
save("good", "npz-none.npz", zipped([]), [])


class Stream(io.RawIOBase):                 # not seekable: sizes after the data (flag bit 3)
    def __init__(self): self.b = b""
    def writable(self): return True
    def write(self, d): self.b += bytes(d); return len(d)


s = Stream()
with zipfile.ZipFile(s, "w", zipfile.ZIP_DEFLATED) as z:
    z.writestr("w.npy", wb)
save("good", "npz-streamed.npz", s.b, [wline])


def zip64(name, data):
    """A whole archive with all its numbers in ZIP64 fields."""
    n, crc = name.encode(), zlib.crc32(data)
    ex = struct.pack("<HHQQ", 1, 16, len(data), len(data))
    local = struct.pack("<IHHHHHIIIHH", 0x04034b50, 45, 0, 0, 0, 33, crc, 2**32 - 1, 2**32 - 1, len(n), len(ex)) + n + ex + data
    ex = struct.pack("<HHQQQ", 1, 24, len(data), len(data), 0)
    cd = struct.pack("<IHHHHHHIIIHHHHHII", 0x02014b50, 45, 45, 0, 0, 0, 33, crc, 2**32 - 1, 2**32 - 1, len(n), len(ex), 0, 0, 0, 0, 2**32 - 1) + n + ex
    e64 = struct.pack("<IQHHIIQQQQ", 0x06064b50, 44, 45, 45, 0, 0, 1, 1, len(cd), len(local))
    loc = struct.pack("<IIQI", 0x07064b50, 0, len(local) + len(cd), 1)
    end = struct.pack("<IHHHHIIH", 0x06054b50, 0, 0, 65535, 65535, 2**32 - 1, 2**32 - 1, 0)
    return local, cd, e64, loc, end


z64 = zip64("w.npy", wb)
save("good", "npz-zip64.npz", b"".join(z64), [wline])


def patch(data, at, new):
    return data[:at] + new + data[at + len(new):]


zs = zipped([("w.npy", wb)])
zd = zipped([("w.npy", wb)], zipfile.ZIP_DEFLATED)
cd, end = zs.index(b"PK\1\2"), zs.index(b"PK\5\6")
dcd = zd.index(b"PK\1\2")
ddata = 30 + len("w.npy")
dlen = dcd - ddata
p16, p32 = (lambda v: struct.pack("<H", v)), (lambda v: struct.pack("<I", v))
Z = "checkpoint-zip"
bad("checkpoint-zip-short.npz", b"PK\5\6", 4, Z)
bad("checkpoint-zip-cut.npz", zs[:-1], len(zs) - 1, Z)
bad("checkpoint-zip-behind.npz", zs + b"x", len(zs) + 1, Z)
bad("checkpoint-zip-volume.npz", patch(zs, end + 4, p16(1)), end + 4, Z)
bad("checkpoint-zip-directory.npz", patch(zs, end + 16, p32(cd + 1)), end, Z)
bad("checkpoint-zip-directory-far.npz", patch(zs, end + 16, p32(2**32 - 2)), end, Z)
bad("checkpoint-zip-entries.npz", patch(zs, end + 8, p16(9) * 2), end, Z)
bad("checkpoint-zip-fewer.npz", patch(zs, end + 8, p16(0) * 2), cd, Z)
bad("checkpoint-zip-record.npz", patch(zs, cd, b"XX"), cd, Z)
bad("checkpoint-zip-record-length.npz", patch(zs, cd + 30, p16(500)), cd + 28, Z)
bad("checkpoint-zip-encrypted.npz", patch(zs, cd + 8, p16(1)), cd + 8, Z)
bad("checkpoint-zip-method.npz", patch(zs, cd + 10, p16(12)), cd + 10, Z)
bad("checkpoint-zip-sizes.npz", patch(zs, cd + 24, p32(1)), cd + 20, Z)
bad("checkpoint-zip-leaves.npz", patch(zs, cd + 20, p32(len(wb) + 1) * 2), cd + 20, Z)
bad("checkpoint-zip-far.npz", patch(zs, cd + 42, p32(2**31)), cd + 42, Z)
bad("checkpoint-zip-local.npz", patch(zs, cd + 42, p32(4)), cd + 42, Z)
bad("checkpoint-zip-name.npz", patch(zs, 30, b"v"), 30, Z)
bad("checkpoint-zip-local-method.npz", patch(zs, 8, p16(8)), 8, Z)
bad("checkpoint-zip-deflate.npz", patch(zd, ddata, b"\xff\xff"), ddata, Z)
bad("checkpoint-zip-deflate-less.npz", patch(zd, dcd + 24, p32(len(wb) + 1)), ddata, Z)
bad("checkpoint-zip-deflate-more.npz", patch(zd, dcd + 24, p32(len(wb) - 1)), ddata, Z)
bad("checkpoint-zip-deflate-cut.npz", patch(zd, dcd + 20, p32(dlen - 9)), ddata, Z)
bad("checkpoint-zip-bomb.npz", patch(zd, dcd + 24, p32(2**31)), ddata, Z)
head = raw(dic(shape="(99999,)"))
big = zipped([("w.npy", head + bytes(400000))], zipfile.ZIP_DEFLATED)
bad("checkpoint-zip-bomb-header.npz", big, ddata, Z)
long = zipped([("w.npy", npy(np.zeros(20000, "f4")))], zipfile.ZIP_DEFLATED)
lcd = long.index(b"PK\1\2")
bad("checkpoint-zip-deflate-long-cut.npz", patch(long, lcd + 20, p32(lcd - ddata - 4)), ddata, Z)
bad("checkpoint-checksum-long.npz", patch(long, lcd + 16, p32(1)), lcd + 16, "checkpoint-checksum")
two = zipped([("w.npy", wb), ("v.npy", wb)])
c2 = two.index(b"PK\1\2", two.index(b"PK\1\2") + 1)
inner = zipped([("v.npy", wb)])[: 30 + 5 + len(wb)]
over = zipped([("w.npy", inner)])                      # a member whose bytes are another member
ocd = over.index(b"PK\1\2")
rec = zipped([("v.npy", wb)])
rec = rec[rec.index(b"PK\1\2"):rec.index(b"PK\5\6")]
oend = over.index(b"PK\5\6")
over = over[:oend] + patch(rec, 42, p32(35)) + struct.pack("<IHHHHIIH", 0x06054b50, 0, 0, 2, 2, oend - ocd + len(rec), ocd, 0)
bad("checkpoint-zip-overlap.npz", over, 35, Z)
l64 = len(z64[0]) + len(z64[1])
j = lambda *p: b"".join(p)
bad("checkpoint-zip-locator.npz", j(*z64[:3], patch(z64[3], 8, struct.pack("<Q", 3)), z64[4]), l64 + 56, Z)
bad("checkpoint-zip-end64-length.npz", j(*z64[:2], patch(z64[2], 4, struct.pack("<Q", 99)), *z64[3:]), l64 + 4, Z)
bad("checkpoint-zip-end64-volume.npz", j(*z64[:2], patch(z64[2], 16, p32(1)), *z64[3:]), l64 + 16, Z)
bad("checkpoint-zip-end64-entries.npz", j(*z64[:2], patch(z64[2], 24, struct.pack("<QQ", 2**63, 2**63)), *z64[3:]), l64, Z)
xcd = len(z64[0])
xat = xcd + 46 + 5
bad("checkpoint-zip-extra.npz", j(z64[0], patch(z64[1], 46 + 5 + 2, p16(12)), *z64[2:]), xat + 4, Z)
bad("checkpoint-zip-size64.npz", j(z64[0], patch(z64[1], 46 + 5 + 4, struct.pack("<QQ", 2**64 - 1, 2**64 - 1)), *z64[2:]), xcd + 20, Z)
bad("checkpoint-checksum-stored.npz", patch(zs, 35 + len(wb) - 1, b"\x7f"), cd + 16, "checkpoint-checksum")
bad("checkpoint-checksum-deflated.npz", patch(zd, dcd + 16, p32(1)), dcd + 16, "checkpoint-checksum")
bad("checkpoint-header-npz.npz", zipped([("w.npy", b"nonsense")]), 35, "checkpoint-header")
bad("checkpoint-header-npz-deflated.npz", zipped([("w.npy", b"nonsense")], zipfile.ZIP_DEFLATED), 35, "checkpoint-header")
bad("checkpoint-truncated-npz.npz", zipped([("w.npy", wb[:-4])]), 35 + len(wb) - 4, "checkpoint-truncated")
bad("checkpoint-name-npz.npz", zipped([("w\x1b.npy", wb)]), zipped([("w\x1b.npy", wb)]).index(b"PK\1\2"), "checkpoint-name")
bad("checkpoint-member.npz", zipped([("w.txt", b"hello")]), 0, "checkpoint-member", "warning")
dup = patch(patch(two, two.index(b"v.npy"), b"w"), c2 + 46, b"w")
bad("checkpoint-duplicate-npz.npz", dup, 35 + len(wb), "checkpoint-duplicate")
bad("checkpoint-value-npz.npz", zipped([("w.npy", raw(dic("'|b1'"), b"\1\2"))], zipfile.ZIP_DEFLATED), 0, "checkpoint-value")
bad("checkpoint-dtype-npz.npz", zipped([("w.npy", raw(dic("'|O'"), b"\x80\4."))]), 0, "checkpoint-dtype")
