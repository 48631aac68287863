"""report.py - rows to text: a line each, results.json, the table of README.md between its two marks, and results.svg. Takes rows as
bench.py makes them; rows of an earlier run that were not measured again stay, each with its date."""
import html
import json
import pathlib
import re
import subprocess

PEERS = ("onnxruntime", "torch", "torch.compile", "llama.cpp", "hand-written")
COLUMNS = (("case", 20), ("dtype", 6), ("T", 3), ("tfxc", 10), ("unit", 6), *((p, 14) for p in PEERS), ("to peer", 8), ("to limit", 9), ("best peer to limit", 19), ("samples", 8))
HEAD = "".join(name.ljust(width) if i < 2 else name.rjust(width) for i, (name, width) in enumerate(COLUMNS))


def number(x):
    if x is None:
        return "-"
    return f"{x:.0f}" if x >= 100 else f"{x:.3g}"


def share(x):
    return "-" if x is None else f"{100 * x:.0f}%"


def cells(r):
    best = max(r["peers_to_limit"].values(), default=None)
    return [r["case"], r["dtype"], str(r["threads"]), number(r["ours"]), r["unit"], *(number(r["peers"].get(p)) for p in PEERS),
            "-" if r["ratio_to_best_peer"] is None else f"{r['ratio_to_best_peer']:.2f}", share(r["ratio_to_limit"]), share(best),
            f"{r['samples']}/{r['samples'] + r['dropped']}"]


def line(r):
    return "".join(text.ljust(width) if i < 2 else text.rjust(width) for i, (text, (_, width)) in enumerate(zip(cells(r), COLUMNS)))


def load(folder):
    path = folder / "results.json"
    return json.loads(path.read_text()) if path.exists() else []


def key(r):
    return r["case"], r["dtype"], r["threads"], r["machine"]


def merge(folder, new):
    """After every row, so that a run that is ended keeps what it has."""
    import cases
    folder.mkdir(parents=True, exist_ok=True)
    order = {(c.name, c.dtype): i for i, c in enumerate(cases.CASES)}
    rows = [r for r in load(folder) if key(r) != key(new) and key(r)[:2] in order] + [new]
    rows.sort(key=lambda r: (r["machine"], order[key(r)[:2]], r["threads"]))
    (folder / "results.json").write_text("[\n" + ",\n".join(json.dumps(r) for r in rows) + "\n]\n")


def machine():
    """Processor, its family and model (names may be the same), its widest vectors, how many of it, the compiler."""
    info = pathlib.Path("/proc/cpuinfo").read_text()
    said = lambda name: next((m.group(1).strip() for m in re.finditer(rf"^{name}\s*:(.*)", info, re.M)), "unknown")
    widest = next((w for w in ("avx512f", "avx2", "avx") if f" {w} " in info), "no AVX")
    import os
    gcc = subprocess.run(["gcc", "--version"], capture_output=True, text=True).stdout.split("\n")[0]
    return f"{said('model name')} family {said('cpu family')} model {said('model')} ({widest}), {len(os.sched_getaffinity(0))} processors, {gcc}"


def by_machine(rows):
    """The rows of each machine, that of the latest row first."""
    names = sorted({r["machine"] for r in rows}, key=lambda m: max(r["date"] for r in rows if r["machine"] == m), reverse=True)
    return [(name, [r for r in rows if r["machine"] == name]) for name in names]


def markdown(rows, command):
    names = [n for n, _ in COLUMNS]
    text = [f"Last command: `{command}`"]
    for name, these in by_machine(rows):
        quick, dates = sum(r["quick"] for r in these), sorted({r["date"] for r in these})
        text += ["", f"**{name}**, {' to '.join(dict.fromkeys((dates[0], dates[-1])))}" + (f"; {quick} of {len(these)} rows by `--quick`" if quick else ""), "",
                 "| " + " | ".join(names) + " |", "|" + "|".join("---" if i < 2 else "--:" for i in range(len(names))) + "|"]
        text += ["| " + " | ".join(cells(r)) + " |" for r in these]
    return "\n".join(text)


def write(folder, rows, command):
    (folder / "results.svg").write_text(svg(by_machine(rows)[0][1] if rows else []))
    readme = folder / "README.md"
    old = readme.read_text() if readme.exists() else "<!-- table -->\n<!-- end of table -->\n"
    new = re.sub(r"(<!-- table -->\n).*?(<!-- end of table -->)", lambda m: m.group(1) + markdown(rows, command) + "\n" + m.group(2), old, flags=re.S)
    readme.write_text(new)


# The picture: a group of bars a row, each the share of the machine's limit that was reached; the shapes of gemm are one strip of dots at the end.
COLOURS = {"tfxc": "#0b6e4f", "onnxruntime": "#8a8f98", "torch": "#c8a45c", "torch.compile": "#d98b5f", "llama.cpp": "#6f8fc9", "hand-written": "#a77bb5"}
INK, PALE, LEFT, WIDE, BAR = "#222222", "#dddddd", 250, 560, 9


def svg(rows):
    shares = lambda r: {n: v for n, v in {"tfxc": r["ratio_to_limit"], **r["peers_to_limit"]}.items() if v}
    plain = [r for r in rows if not r["case"].startswith("gemm") and shares(r)]
    gemm = [r for r in rows if r["case"].startswith("gemm") and shares(r)]
    out, y = [], 62
    text = lambda x, y, s, anchor="start", size=12, colour=INK: out.append(
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" fill="{colour}">{html.escape(str(s))}</text>')
    top, at = max([1.0, *(v for r in rows for v in shares(r).values())]), lambda v: LEFT + WIDE * v / top
    text(10, 22, "Share of the machine's limit that was reached", size=15)
    x = 10
    for name, colour in COLOURS.items():
        if any(name in shares(r) for r in rows):
            out.append(f'<rect x="{x}" y="34" width="10" height="10" fill="{colour}"/>')
            text(x + 14, 43, name)
            x += 26 + 7.2 * len(name)
    for r in plain:
        begin = y
        for name in COLOURS:
            if name in shares(r):
                v = shares(r)[name]
                out.append(f'<rect x="{LEFT}" y="{y}" width="{at(v) - LEFT:.1f}" height="{BAR}" fill="{COLOURS[name]}"/>')
                text(at(v) + 4, y + BAR - 1, f"{100 * v:.0f}%", size=9)
                y += BAR + 1
        text(LEFT - 8, (begin + y) / 2 + 3, f"{r['case']} {r['dtype']}, {r['threads']} thread{'s' if r['threads'] > 1 else ''}", "end", 11)
        y += 8
    for r in gemm:
        text(LEFT - 8, y + 8, f"{r['case']}, {r['threads']} thread{'s' if r['threads'] > 1 else ''}", "end", 10)
        out.append(f'<line x1="{LEFT}" x2="{LEFT + WIDE}" y1="{y + 5}" y2="{y + 5}" stroke="{PALE}"/>')
        for name, v in reversed(shares(r).items()):
            out.append(f'<circle cx="{at(v):.1f}" cy="{y + 5}" r="4" fill="{COLOURS[name]}"/>')
        y += 13
    grid = [f'<line x1="{at(v):.1f}" x2="{at(v):.1f}" y1="54" y2="{y}" stroke="{PALE}"/><text x="{at(v):.1f}" y="{y + 14}" font-size="10" '
            f'text-anchor="middle" fill="{INK}">{100 * v:.0f}%</text>' for v in (0, .25, .5, .75, 1)]
    text(10, y + 32, "Limit: multiply-adds that touch no memory; of decode: reading as many bytes as the weights. Both measured beside every sample.", size=11)
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{LEFT + WIDE + 60}" height="{y + 44}" font-family="sans-serif">'
            '<rect width="100%" height="100%" fill="white"/>\n' + "\n".join(grid + out) + "\n</svg>\n")
