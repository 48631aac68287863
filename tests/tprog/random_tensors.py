"""random_tensors.py SEED COUNT FOLDER - random checkpoints of learned Transformer Programs (args.json and model.safetensors in FOLDER/K),
inputs, and what the network gives when every choice is its most likely one, by loops over the tensors themselves: FOLDER/K/inputs,
FOLDER/K/wanted. A position's own key is chosen last, as the relative bias of the network has it."""
import json, os, random, struct, sys

def argmax(row): return max(range(len(row)), key=lambda k: (row[k], -k))
def f32(x): return struct.unpack("<f", struct.pack("<f", x))[0]

class Network:
    def __init__(self, rng):
        self.rng, self.t = rng, {}
        self.words = ["<pad>", "<s>", "</s>", "a", "b", "c"][:rng.randint(2, 6)]
        self.classes = ["X", "Y", "<pad>", "Z"][:rng.randint(2, 4)]
        self.most = rng.randint(2, 6)
        self.one_hot = rng.random() < 0.6
        self.vars = 1 if self.one_hot else rng.randint(1, 3)
        self.d = max(len(self.words), self.most) + rng.randint(0, 2)
        self.layers, self.causal, self.pooled = rng.randint(1, 3), rng.random() < 0.4, rng.random() < 0.3
        self.n = {k: rng.randint(0, 2) for k in ("cat", "num", "mlp", "nmlp")}
        self.numbers = rng.random() < 0.7
        self.build()

    def new(self, name, *shape):
        count = 1
        for s in shape: count *= s
        self.t[name] = (shape, [f32(self.rng.gauss(0, 1)) for _ in range(count)])

    def row(self, name, *at):
        shape, data = self.t[name]
        flat = 0
        for k, a in enumerate(at): flat = flat * shape[k] + a
        return data[flat * shape[-1]:(flat + 1) * shape[-1]]

    def build(self):
        d, cat, num = self.d, self.vars + 1, 1
        if not self.one_hot: self.new("embed.W_E", self.vars * d, len(self.words))
        for l in range(self.layers):
            for kind, key in (("cat", "cat"), ("num", "num")):
                if not self.n[key]: continue
                at = f"blocks.{l}.{kind}_attn."
                self.new(at + "W_K.W", self.n[key], cat); self.new(at + "W_Q.W", self.n[key], cat)
                self.new(at + "W_V.W", self.n[key], num if kind == "num" else cat); self.new(at + "W_pred.W", self.n[key], d, d)
            cat, num = cat + self.n["cat"], num + self.n["num"]
            for kind, key, n, width in (("cat", "mlp", cat, 2 * d), ("num", "nmlp", num, 2)):
                for m in range(self.n[key]):
                    at = f"blocks.{l}.{kind}_mlp.mlps.{m}."
                    self.new(at + "W_read.W", 2, n); self.new(at + "W_in", 5, width); self.new(at + "b_in", 5)
                    self.new(at + "W_out", d, 5); self.new(at + "b_out", d)
            cat += self.n["mlp"] + self.n["nmlp"]
        self.new("unembed.W_U", cat * d + (num if self.numbers else 0), len(self.classes))

    def mlp(self, at, pairs, number):
        out = []
        for x, y in pairs:
            hidden = []
            for m in range(5):
                w = self.row(at + "W_in", m)
                hidden.append(max(0, self.t[at + "b_in"][1][m] + (w[0] * x + w[1] * y if number else w[x] + w[self.d + y])))
            out.append(argmax([self.t[at + "b_out"][1][c] + sum(a * b for a, b in zip(self.row(at + "W_out", c), hidden)) for c in range(self.d)]))
        return out

    def run(self, tokens):
        n, codes = len(tokens), [self.words.index(t) for t in tokens]
        cat = [codes] if self.one_hot else [[argmax([self.row("embed.W_E", v * self.d + k)[c] for k in range(self.d)]) for c in codes] for v in range(self.vars)]
        cat, num = cat + [list(range(n))], [[1] * n]
        for l in range(self.layers):
            new_cat, new_num = [], []
            for kind, new, values in (("cat", new_cat, cat), ("num", new_num, num)):
                at = f"blocks.{l}.{kind}_attn."
                for h in range(self.n[kind]):
                    k, q, v = cat[argmax(self.row(at + "W_K.W", h))], cat[argmax(self.row(at + "W_Q.W", h))], values[argmax(self.row(at + "W_V.W", h))]
                    out = []
                    for i in range(n):
                        found = [j for j in range(i + 1 if self.causal else n) if k[j] == argmax(self.row(at + "W_pred.W", h, q[i]))]
                        if kind == "num": out.append(sum(v[j] for j in found))
                        else: out.append(v[min(found, key=lambda j: n + 1 if j == i else abs(i - j)) if found else 0])
                    new.append(out)
            cat, num = cat + new_cat, num + new_num
            made = [self.mlp(f"blocks.{l}.cat_mlp.mlps.{m}.", [(x, y) for x, y in zip(*(cat[argmax(self.row(f"blocks.{l}.cat_mlp.mlps.{m}.W_read.W", r))] for r in (0, 1)))], False) for m in range(self.n["mlp"])]
            made += [self.mlp(f"blocks.{l}.num_mlp.mlps.{m}.", [(x, y) for x, y in zip(*(num[argmax(self.row(f"blocks.{l}.num_mlp.mlps.{m}.W_read.W", r))] for r in (0, 1)))], True) for m in range(self.n["nmlp"])]
            cat += made
        keep = [c for c, name in enumerate(self.classes) if name != "<pad>"]
        total = [[sum(self.row("unembed.W_U", v * self.d + x[i])[c] for v, x in enumerate(cat)) + (sum(self.row("unembed.W_U", len(cat) * self.d + v)[c] * x[i] for v, x in enumerate(num)) if self.numbers else 0) for c in keep] for i in range(n)]
        if self.pooled: return self.classes[keep[argmax([sum(row[c] for row in total) for c in range(len(keep))])]]
        out = [self.classes[keep[argmax(row)]] for row in total]
        if tokens[0] == "<s>": out[0] = "<s>"
        if tokens[-1] == "</s>": out[-1] = "</s>"
        return out

    def write(self, folder):
        os.makedirs(folder)
        header, data = {}, b""
        for name, (shape, values) in self.t.items():
            raw = struct.pack(f"<{len(values)}f", *values)
            header[name] = {"dtype": "F32", "shape": list(shape), "data_offsets": [len(data), len(data) + len(raw)]}
            data += raw
        text = json.dumps(header).encode()
        text += b" " * (-len(text) % 8)
        open(folder + "/model.safetensors", "wb").write(struct.pack("<Q", len(text)) + text + data)
        json.dump({"n_layers": self.layers, "n_heads_cat": self.n["cat"], "n_heads_num": self.n["num"], "n_cat_mlps": self.n["mlp"], "n_num_mlps": self.n["nmlp"], "d_var": self.d, "max_length": self.most,
                   "n_vars_cat": self.vars, "mlp_vars_in": 2, "autoregressive": self.causal, "pool_outputs": int(self.pooled), "one_hot_embed": self.one_hot, "unembed_mask": 1, "idx_w": self.words, "idx_t": self.classes}, open(folder + "/args.json", "w"))
        inputs = [[self.rng.choice(self.words) for _ in range(self.rng.randint(1, self.most))] for _ in range(10)]
        open(folder + "/inputs", "w").writelines(json.dumps(t) + "\n" for t in inputs)
        open(folder + "/wanted", "w").writelines(json.dumps(self.run(t)) + "\n" for t in inputs)

for k in range(int(sys.argv[2])): Network(random.Random(int(sys.argv[1]) * 100003 + k)).write(f"{sys.argv[3]}/{k}")
