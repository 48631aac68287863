"""random_programs.py SEED COUNT FOLDER - random learned Transformer Programs in the form in which they are published (a Python
file, its weights, for some an embeddings table and a file of enumerations), inputs, and what the programs give for them. The
results come from the description that the files are printed from, by the obvious loops below, not from the files.
FOLDER/pK.py, pK_weights.csv, .., pK.inputs (a JSON list a line), pK.wanted (program semantics), pK.model (own position last)."""
import json, os, random, sys

HELPERS = '''

def select_closest(keys, queries, predicate):
    pattern = []
    for i, query in enumerate(queries):
        found = [j for j, key in enumerate(keys{upto}) if predicate(query, key)]
        row = [False for _ in keys]
        if any(found):
            row[min(found, key=lambda j: abs(i - j) if j != i else len(found))] = True
        else:
            row[0] = True
        pattern = pattern + [row]
    return pattern
'''.replace("pattern = pattern + [row]", "rows[i] = row").replace("pattern = []", "rows = [[False] for _ in queries]").replace("return pattern", "return rows")
SELECT = '''

def select(keys, queries, predicate):
    return [[predicate(q, k) for k in keys{upto}] for {head} in {over}]
'''
AGGREGATE = '''

def aggregate(attention, values):
    return [[v for a, v in zip(row, values) if a][0] for row in attention]
'''
AGGREGATE_SUM = '''

def aggregate_sum(attention, values):
    return [sum([v for a, v in zip(row, values) if a]) for row in attention]
'''

class Var:
    def __init__(self, name, kind, size, fn=None, enum=None, alias=None):
        self.name, self.kind, self.size, self.fn, self.enum = name, kind, size, fn, enum
        self.alias = alias or list(range(size))          # of an enumeration: the first member with the same value

class Program:
    """One random program: variables in order, each with what it computes from the values of those before."""
    def __init__(self, rng, name):
        self.rng, self.name, self.lines, self.vars = rng, name, [], []
        self.causal, self.nlp = rng.random() < 0.4, rng.random() < 0.25
        self.pooled = self.nlp and rng.random() < 0.5
        self.words = ["<pad>", "<s>", "</s>"] + (["a", "b,", '"', "d\u00e9", "it's", "<unk>"] if self.nlp else ["0", "1", "2", "("])[:rng.randint(1, 6)]
        self.most, self.rows, self.frames, self.uses = rng.randint(2, 9), [], [], set()
        self.classes = ["A", "B", "C", "<s>", "0"][:rng.randint(2, 5)]
        self.build()

    def literal(self, v, code):
        return {"token": lambda: json.dumps(self.words[code], ensure_ascii=False), "enum": lambda: f"{v.enum}.V{code:02}"}.get(v.kind, lambda: str(code))()

    def weight(self): return round(self.rng.uniform(-9, 9), self.rng.randint(0, 7))

    def score(self, v):
        frame = v.name[:-1] + "_scores"
        row = {"token": lambda c: self.words[c], "enum": lambda c: f"{v.enum}.V{c:02}", "int": str, "number": lambda c: "_"}[v.kind]
        v.weights = [[self.weight() for _ in self.classes] for _ in range(1 if v.kind == "number" else v.size)]
        self.rows += [[v.name, row(c)] + w for c, w in enumerate(v.weights)]
        if v.kind == "number": self.lines += [f'    {frame} = classifier_weights.loc[[("{v.name}", "_") for v in {v.name}]].mul(', f'        {v.name}, axis=0', '    )']
        else: self.lines += [f'    {frame} = classifier_weights.loc[', f'        [("{v.name}", str(v)) for v in {v.name}]', '    ]']
        self.frames.append((frame, v))

    def pick(self, number=False):
        return self.rng.choice([v for v in self.vars if (v.kind == "number") == number])

    def predicate(self, name, q, k):
        """Query value -> key value, or None; printed as a chain of branches."""
        of = {c: self.rng.choice([None] + list(range(k.size)) * 2) for c in range(q.size)}
        of = {c: of[q.alias[c]] for c in of}
        a, b = (q.name[:-1], k.name[:-1]) if q is not k else ("q_" + q.name[:-1], "k_" + k.name[:-1])
        self.lines.append(f"    def {name}({a}, {b}):")
        groups, first = {}, True
        for c, key in of.items(): groups.setdefault(key, []).append(c)
        for key, codes in groups.items():
            if key is None and (self.rng.random() < 0.5 or len(groups) > 1): continue
            wanted = self.literal(k, key) if key is not None else ('"<no>"' if k.kind == "token" else "99" if k.kind == "int" else f"{k.enum}.V00" if False else '"<no>"')
            self.lines.append(f"        {'if' if first else 'elif'} {a} in {{{', '.join(self.literal(q, c) for c in codes)}}}:")
            self.lines.append(f"            return {b} == {wanted}")
            first = False
        if first:
            self.lines += [f"        if {a} in {{{self.literal(q, 0)}}}:", f"            return {b} == " + ('"<no>"' if k.kind != "int" else "99")]
        return lambda x, y: of[x] is not None and k.alias[of[x]] == y

    def closest(self, values, match, q, k, own_last):
        out = []
        for i in range(len(q)):
            found = [j for j in range(i + 1 if self.causal else len(k)) if match(q[i], k[j])]
            cost = lambda j: (10 ** 6 if own_last else len(found)) if j == i else abs(i - j)
            out.append(values[min(found, key=cost) if found else 0])
        return out

    def head(self, tag, number):
        q, k, v = self.pick(), self.pick(), self.pick(number)
        p = ("num_" if number else "") + f"predicate_{tag}"
        attn = ("num_" if number else "") + f"attn_{tag}"
        self.lines.append(f"\n    # {attn} ####")
        match = self.predicate(p, q, k)
        self.uses |= {"select", "aggregate_sum"} if number else {"select_closest", "aggregate"}
        self.lines.append(f"    {attn}_pattern = {'select' if number else 'select_closest'}({k.name}, {q.name}, {p})")
        self.lines.append(f"    {attn}_outputs = {'aggregate_sum' if number else 'aggregate'}({attn}_pattern, {v.name})")
        def run(values, own_last):
            if not number: return self.closest(values[v.name], match, values[q.name], values[k.name], own_last)
            n = len(values["tokens"])
            return [sum(values[v.name][j] for j in range(i + 1 if self.causal else n) if match(values[q.name][i], values[k.name][j])) for i in range(n)]
        new = Var(attn + "_outputs", "number" if number else v.kind, v.size * self.most if number else v.size, run, v.enum, None if number else v.alias)
        self.vars.append(new)
        self.score(new)

    def table(self, tag, number):
        name = ("num_" if number else "") + f"mlp_{tag}"
        a, b = self.pick(number), self.pick(number)
        inputs = [a] if a is b else [a, b]
        size, top = self.rng.randint(1, 5), self.rng.randint(0, 6)
        domain = [range(top + 1 if number else v.size) for v in inputs]
        default = self.rng.randrange(size)
        of = {key: self.rng.randrange(size) for key in ([(x,) for x in domain[0]] if len(inputs) == 1 else [(x, y) for x in domain[0] for y in domain[1]]) if self.rng.random() < 0.6}
        canonical = lambda key: tuple(x if number else v.alias[x] for v, x in zip(inputs, key))
        of = {key: of[canonical(key)] for key in of if canonical(key) in of}
        names = [v.name[:-1] for v in inputs]
        self.lines += [f"\n    # {name} ####", f"    def {name}({', '.join(names)}):", f"        key = {names[0] if len(names) == 1 else '(' + ', '.join(names) + ')'}"]
        for value in sorted(set(of.values()) - {default}):
            keys = [k for k, v in of.items() if v == value]
            text = [self.literal(inputs[0], k[0]) if len(k) == 1 else f"({', '.join(self.literal(v, c) for v, c in zip(inputs, k))})" for k in keys]
            self.lines += ["        if key in {"] + [f"            {t}," for t in text] + ["        }:", f"            return {value}"]
        self.lines.append(f"        return {default}")
        if len(inputs) == 1: self.lines.append(f"\n    {name}_outputs = [{name}(k0) for k0 in {a.name}]")
        else: self.lines += [f"\n    {name}_outputs = [", f"        {name}(k0, k1) for k0, k1 in zip({a.name}, {b.name})", "    ]"]
        run = lambda values, own_last: [of.get(key, default) for key in zip(*(values[v.name] for v in inputs))]
        new = Var(name + "_outputs", "int", size, run)
        self.vars.append(new)
        self.score(new)

    def embeddings(self):
        self.enums, columns = [], []
        self.lines += [f'    embed_df = pd.read_csv("somewhere/{self.name}_embeddings.csv").set_index("word")', "    embeddings = embed_df.loc[tokens]"]
        for k in range(self.rng.randint(1, 3)):
            size, name = self.rng.randint(1, 5), f"var{k}_embeddings"
            column = [self.rng.randrange(size) for _ in self.words]
            alias = list(range(size))
            if size > 2 and self.rng.random() < 0.3: alias[2] = 0            # equal values: the third is another name of the first
            self.enums.append((f"Emb{k}", alias))
            columns.append((name, column))
            self.lines.append(f'    {name} = [Emb{k}[f"V{{i:02}}"] for i in embeddings["{name}"]]')
            self.vars.append(Var(name, "enum", size, lambda values, own, c=column, a=alias: [a[c[t]] for t in values["tokens"]], f"Emb{k}", alias))
            self.score(self.vars[-1])
        self.embedding_rows = [["word"] + [n for n, _ in columns]] + [[w] + [c[i] for _, c in columns] for i, w in enumerate(self.words)]

    def build(self):
        rng = self.rng
        tokens, positions = Var("tokens", "token", len(self.words)), Var("positions", "int", self.most)
        ones = Var("ones", "number", 1, lambda values, own: [1] * len(values["tokens"]))
        positions.fn = lambda values, own: list(range(len(values["tokens"])))
        if not self.nlp:
            self.vars.append(tokens)
            self.score(tokens)
        self.lines.append("\n    positions = list(range(len(tokens)))")
        self.vars.append(positions)
        self.score(positions)
        self.lines.append("\n    ones = [1 for _ in range(len(tokens))]")
        self.vars.append(ones)
        self.score(ones)
        if self.nlp: self.embeddings()
        for layer in range(rng.randint(1, 3)):
            for h in range(rng.randint(0, 2)): self.head(f"{layer}_{h}", False)
            for h in range(rng.randint(0, 2)): self.head(f"{layer}_{h}", True)
            for h in range(rng.randint(0, 2)): self.table(f"{layer}_{h}", False)
            for h in range(rng.randint(0, 1)): self.table(f"{layer}_{h}", True)

    def run(self, tokens, own_last):
        values = {"tokens": [self.words.index(t) for t in tokens]}
        for v in self.vars:
            if v.fn: values[v.name] = v.fn(values, own_last)
        # weights are decimals: exact in units of 1e-7
        total = [[sum(round(v.weights[0][c] * 10 ** 7) * values[v.name][i] if v.kind == "number" else round(v.weights[values[v.name][i]][c] * 10 ** 7)
                      for _, v in self.frames) for c in range(len(self.classes))] for i in range(len(tokens))]
        if self.pooled:
            pooled = [sum(row[c] for row in total) for c in range(len(self.classes))]
            return self.classes[pooled.index(max(pooled))]
        out = [self.classes[row.index(max(row))] for row in total]
        if tokens[0] == "<s>": out[0] = "<s>"
        if tokens[-1] == "</s>": out[-1] = "</s>"
        return out

    def text(self):
        upto = "[: i + 1]" if self.causal else ""
        out = "import numpy as np\nimport pandas as pd\n"
        if self.nlp: out += f"from somewhere.{self.name}_embeddings import {', '.join(n for n, _ in self.enums)}\n"
        if "select_closest" in self.uses: out += HELPERS.replace("{upto}", upto)
        if "select" in self.uses: out += SELECT.format(upto=upto, head="i, q" if self.causal else "q", over="enumerate(queries)" if self.causal else "queries")
        if "aggregate" in self.uses: out += AGGREGATE
        if "aggregate_sum" in self.uses: out += AGGREGATE_SUM
        out += f'\n\ndef run(tokens{", return_details=False" if self.pooled else ""}):\n    classifier_weights = pd.read_csv(\n        "somewhere/{self.name}_weights.csv", index_col=[0, 1], dtype={{"feature": str}}\n    )\n'
        out += "\n".join(self.lines) + "\n\n    feature_logits = pd.concat(\n        [\n            df.reset_index()\n            for df in [\n"
        out += "".join(f"                {f},\n" for f, _ in self.frames) + "            ]\n        ]\n    )\n"
        out += "    logits = feature_logits.groupby(level=0).sum(numeric_only=True).to_numpy()\n    classes = classifier_weights.columns.to_numpy()\n"
        if self.pooled: out += "    token_predictions = classes[logits.argmax(-1)]\n    pooled = logits.mean(0)\n    prediction = classes[pooled.argmax(-1)]\n    if return_details:\n        return prediction, logits, feature_logits, token_predictions\n    return prediction\n"
        else: out += '    predictions = classes[logits.argmax(-1)]\n    if tokens[0] == "<s>":\n        predictions[0] = "<s>"\n    if tokens[-1] == "</s>":\n        predictions[-1] = "</s>"\n    return predictions.tolist()\n'
        return out + '\n\nexamples = [\n    (["<s>"], ["A"]),\n]\nfor x, y in examples:\n    print(f"x: {x}")\n'

def field(x):
    s = repr(x) if isinstance(x, float) else str(x)
    return '"' + s.replace('"', '""') + '"' if any(c in s for c in ',"\n') else s

def write(folder, k, seed):
    rng = random.Random(seed * 100003 + k)
    p = Program(rng, f"p{k}")
    base = os.path.join(folder, f"p{k}")
    open(base + ".py", "w", encoding="utf-8").write(p.text())
    table = lambda rows: "".join(",".join(field(x) for x in row) + "\n" for row in rows)
    rng.shuffle(p.rows)
    open(base + "_weights.csv", "w", encoding="utf-8").write(table([["feature", "value"] + p.classes] + p.rows))
    if p.nlp:
        open(base + "_embeddings.csv", "w", encoding="utf-8").write(table(p.embedding_rows))
        open(base + "_embeddings.py", "w", encoding="utf-8").write("from enum import Enum\n\n" + "".join(
            f"\nclass {n}(Enum):\n" + "".join(f"\tV{m:02} = {[str(alias[m]), 'x']!r}\n" for m in range(len(alias))) for n, alias in p.enums))
    inputs = [[rng.choice(p.words) for _ in range(rng.randint(1, p.most))] for _ in range(12)]
    open(base + ".inputs", "w", encoding="utf-8").writelines(json.dumps(t) + "\n" for t in inputs)
    for suffix, own_last in ((".wanted", False), (".model", True)):
        open(base + suffix, "w", encoding="utf-8").writelines(json.dumps(p.run(t, own_last), ensure_ascii=False) + "\n" for t in inputs)

if __name__ == "__main__":
    seed, count, folder = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    for k in range(count): write(folder, k, seed)
