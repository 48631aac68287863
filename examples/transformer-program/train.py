"""train.py [SEEDS] - trains a Transformer Program that sorts, and writes it as a program: sort.py, sort_weights.csv, and the
tensors it was read from (args.json, model.safetensors). Needs torch, numpy and pandas.

The recipe is that of Friedman, Wettig and Chen, "Learning Transformer Programs" (2023): every choice that the program will make
(which variables a head reads, which key a query value looks for, what an MLP gives for a pair of values) is a Gumbel-softmax
over its possibilities, with a temperature that falls from 3 to 0.01; at the end each becomes its most likely value. Of SEEDS runs
the one with the best validation accuracy is written. Task: `<s> 3 1 2 </s>` -> the same tokens in order, 1 to 6 of five symbols."""
import collections, contextlib, csv, importlib.util, io, json, os, random, struct, sys, time
import numpy as np
import torch
import torch.nn.functional as F

WORDS = ["0", "1", "2", "3", "4", "</s>", "<pad>", "<s>"]
CLASSES = ["0", "1", "2", "3", "4"]
BEGIN, END, PAD = WORDS.index("<s>"), WORDS.index("</s>"), WORDS.index("<pad>")
MOST, LAYERS, HEADS, MLPS, HIDDEN = 8, 3, 4, 2, 64
D = max(len(WORDS), MOST)
EPOCHS, BATCH, RATE, TAU_FROM, TAU_TO = 250, 512, 0.05, 3.0, 0.01

def samples():
    rng = random.Random(0)
    seen = {}
    for _ in range(20000): seen[tuple(rng.randrange(5) for _ in range(rng.randint(1, MOST - 2)))] = 1
    rows = list(seen)
    x, y = np.full((len(rows), MOST), PAD), np.full((len(rows), MOST), -100)
    for i, row in enumerate(rows):
        x[i, 0], x[i, len(row) + 1] = BEGIN, END
        x[i, 1:len(row) + 1], y[i, 1:len(row) + 1] = row, sorted(row)
    order = rng.sample(range(len(rows)), len(rows))
    x, y = torch.tensor(x[order]), torch.tensor(y[order])
    test = len(rows) // 10
    held = test + (len(rows) - test) // 10
    return (x[held:], y[held:]), (x[test:held], y[test:held]), (x[:test], y[:test])

def choose(logits, tau):
    """One-hot along the last axis: most likely (tau 0), or a relaxed sample."""
    if tau == 0: return F.one_hot(logits.argmax(-1), logits.shape[-1]).to(logits.dtype)
    return F.gumbel_softmax(logits, tau=tau, dim=-1)

class Layer(torch.nn.Module):
    def __init__(self, before):
        super().__init__()
        new = lambda *shape: torch.nn.Parameter(torch.randn(*shape) / shape[-1] ** 0.5)
        self.w_k, self.w_q, self.w_v, self.w_pred = new(HEADS, before), new(HEADS, before), new(HEADS, before), new(HEADS, D, D)
        self.w_read = new(MLPS, 2, before + HEADS)
        self.w_in = torch.nn.Parameter(torch.randn(MLPS, 2 * D, HIDDEN) / HIDDEN ** 0.5)
        self.w_out = torch.nn.Parameter(torch.randn(MLPS, HIDDEN, D) / D ** 0.5)
        self.b_in, self.b_out = torch.nn.Parameter(torch.zeros(MLPS, 1, 1, HIDDEN)), torch.nn.Parameter(torch.zeros(MLPS, 1, 1, D))

    def table(self, pairs):
        """[mlps, .., 2 D] -> logits [mlps, .., D]"""
        hidden = torch.relu(torch.einsum("mbti,mih->mbth", pairs, self.w_in) + self.b_in)
        return F.log_softmax(torch.einsum("mbth,mho->mbto", hidden, self.w_out) + self.b_out, -1)

    def forward(self, x, bias, mask, tau):
        read = lambda w: torch.einsum("hv,vbtd->hbtd", choose(w, tau), x)
        k, q, v = read(self.w_k), read(self.w_q), read(self.w_v)
        s = torch.einsum("hbid,hde,hbje->hbij", q, choose(self.w_pred, tau), k)
        first = torch.zeros_like(s)
        first[..., 0] = torch.relu(1 - (s * mask).sum(-1))
        score = torch.log(s + first + 1e-20) + bias
        score = torch.where(mask > 0, score, torch.tensor(-1e30)) / D ** 0.5
        x = torch.cat([x, torch.einsum("hbij,hbjd->hbid", choose(score, tau), v)])
        pair = torch.einsum("mrv,vbtd->mrbtd", choose(self.w_read, tau), x)
        return torch.cat([x, choose(self.table(torch.cat([pair[:, 0], pair[:, 1]], -1)), tau)])

class Model(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = torch.nn.ModuleList([Layer(2 + l * (HEADS + MLPS)) for l in range(LAYERS)])
        self.unembed = torch.nn.Parameter(torch.randn((2 + LAYERS * (HEADS + MLPS)) * D, len(CLASSES)) / len(CLASSES) ** 0.5)
        i = torch.arange(MOST)
        distance = (i[:, None] - i[None, :]).abs()
        self.bias = torch.where(distance == 0, torch.tensor(-2.0), -(distance - 1) / (MOST - 2))

    def forward(self, tokens, tau):
        x = torch.stack([F.one_hot(tokens, D).float(), F.one_hot(torch.arange(MOST), D).float().expand(len(tokens), -1, -1)])
        mask = (tokens != PAD).float()[None, :, None, :]
        for layer in self.layers: x = layer(x, self.bias, mask, tau)
        return torch.einsum("vbtd,vdc->btc", x, self.unembed.view(-1, D, len(CLASSES)))

def accuracy(model, x, y):
    """Share of whole sequences that are right, every choice at its most likely."""
    with torch.no_grad(): guess = model(x, 0).argmax(-1)
    return ((guess == y) | (y < 0)).all(1).float().mean().item()

def train(seed, data):
    torch.manual_seed(seed)
    model = Model()
    optimiser = torch.optim.Adam(model.parameters(), lr=RATE)
    x, y = data[0]
    steps = (len(x) + BATCH - 1) // BATCH
    for epoch in range(EPOCHS):
        order = torch.randperm(len(x))
        for step in range(steps):
            at = order[step * BATCH:(step + 1) * BATCH]
            tau = TAU_FROM * (TAU_TO / TAU_FROM) ** ((epoch + step / steps) / EPOCHS)
            loss = F.cross_entropy(model(x[at], tau).transpose(1, 2), y[at], ignore_index=-100, reduction="none")
            known = (y[at] >= 0).float()
            loss = (loss.sum(1) / known.sum(1)).mean()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
    return model

# ---- the program ----

HELPERS = '''import numpy as np
import pandas as pd


def select_closest(keys, queries, predicate):
    pattern = [[False for _ in keys] for _ in queries]
    for i, query in enumerate(queries):
        found = [j for j, key in enumerate(keys) if predicate(query, key)]
        nearest = 0
        if len(found) > 0:
            nearest = min(found, key=lambda j: abs(i - j) if j != i else len(found))
        pattern[i][nearest] = True
    return pattern


def aggregate(attention, values):
    return [[v for a, v in zip(row, values) if a][0] for row in attention]


def run(tokens):
    # classifier weights ####
    classifier_weights = pd.read_csv(
        "examples/transformer-program/sort_weights.csv",
        index_col=[0, 1],
        dtype={"feature": str},
    )
    # inputs ####
    token_scores = classifier_weights.loc[[("tokens", str(v)) for v in tokens]]

    positions = list(range(len(tokens)))
    position_scores = classifier_weights.loc[[("positions", str(v)) for v in positions]]
'''
TAIL = '''
    logits = feature_logits.groupby(level=0).sum(numeric_only=True).to_numpy()
    classes = classifier_weights.columns.to_numpy()
    predictions = classes[logits.argmax(-1)]
    if tokens[0] == "<s>":
        predictions[0] = "<s>"
    if tokens[-1] == "</s>":
        predictions[-1] = "</s>"
    return predictions.tolist()
'''

class Variable:
    def __init__(self, name, words): self.name, self.words, self.single = name, words, name[:-1]
    def literal(self, code): return json.dumps(WORDS[code]) if self.words else str(code)

def scores(v):
    return f"    {v.single}_scores = classifier_weights.loc[\n        [(\"{v.name}\", str(v)) for v in {v.name}]\n    ]\n"

def wrapped(items, indent):
    line, out = " " * indent, []
    for item in items:
        if len(line) + len(item) > 100: out.append(line.rstrip()); line = " " * indent
        line += item + ", "
    return "\n".join(out + [line.rstrip()])

def head_text(layer, l, h, variables):
    k, q, v = (variables[w[h].argmax().item()] for w in (layer.w_k, layer.w_q, layer.w_v))
    rows = layer.w_pred[h].argmax(-1).tolist()
    a, b = (f"q_{q.single}", f"k_{k.single}") if q is k else (q.single, k.single)
    groups = collections.OrderedDict()
    for query, key in enumerate(rows): groups.setdefault(key, []).append(query)
    text = f"\n    # attn_{l}_{h} ####\n    def predicate_{l}_{h}({a}, {b}):\n"
    for n, (key, queries) in enumerate(groups.items()):
        text += f"        {'elif' if n else 'if'} {a} in {{{', '.join(q.literal(c) for c in queries)}}}:\n            return {b} == {k.literal(key)}\n"
    name = f"attn_{l}_{h}"
    text += f"\n    {name}_pattern = select_closest({k.name}, {q.name}, predicate_{l}_{h})\n    {name}_outputs = aggregate({name}_pattern, {v.name})\n"
    new = Variable(f"{name}_outputs", v.words)
    return text + scores(new), new

def mlp_text(layer, l, m, variables):
    a, b = (variables[layer.w_read[m, r].argmax().item()] for r in (0, 1))
    eye = torch.eye(D)
    pairs = torch.cat([eye[:, None, :].expand(D, D, D), eye[None, :, :].expand(D, D, D)], -1)
    with torch.no_grad(): table = layer.table(pairs[None].expand(MLPS, D, D, 2 * D))[m].argmax(-1).tolist()
    name, same = f"mlp_{l}_{m}", a is b
    cells = [((x,), table[x][x]) for x in range(D)] if same else [((x, y), table[x][y]) for x in range(D) for y in range(D)]
    default = collections.Counter(v for _, v in cells).most_common(1)[0][0]
    text = f"\n    # {name} ####\n    def {name}({a.single if same else a.single + ', ' + b.single}):\n        key = {a.single if same else f'({a.single}, {b.single})'}\n"
    for value in sorted({v for _, v in cells} - {default}):
        keys = [k for k, v in cells if v == value]
        items = [a.literal(k[0]) if same else f"({a.literal(k[0])}, {b.literal(k[1])})" for k in keys]
        text += "        if key in {\n" + wrapped(items, 12) + f"\n        }}:\n            return {value}\n"
    text += f"        return {default}\n\n"
    text += f"    {name}_outputs = [{name}(k0) for k0 in {a.name}]\n" if same else f"    {name}_outputs = [\n        {name}(k0, k1) for k0, k1 in zip({a.name}, {b.name})\n    ]\n"
    new = Variable(f"{name}_outputs", False)
    return text + scores(new), new

def write_program(model, folder):
    variables, text = [Variable("tokens", True), Variable("positions", False)], HELPERS
    for l, layer in enumerate(model.layers):
        new = []
        for h in range(HEADS):
            t, v = head_text(layer, l, h, variables)
            text, new = text + t, new + [v]
        variables, new = variables + new, []
        for m in range(MLPS):
            t, v = mlp_text(layer, l, m, variables)
            text, new = text + t, new + [v]
        variables = variables + new
    text += "\n    feature_logits = pd.concat(\n        [\n            df.reset_index()\n            for df in [\n" + "".join(f"                {v.single}_scores,\n" for v in variables) + "            ]\n        ]\n    )" + TAIL
    open(os.path.join(folder, "sort.py"), "w").write(text)
    with open(os.path.join(folder, "sort_weights.csv"), "w", newline="") as f:
        out = csv.writer(f, lineterminator="\n")
        out.writerow(["feature", "value"] + CLASSES)
        for v, rows in zip(variables, model.unembed.detach().view(-1, D, len(CLASSES)).numpy()):
            for code in range(D): out.writerow([v.name, WORDS[code] if v.words else code] + [str(w) for w in rows[code]])

def write_tensors(model, folder):
    """args.json and model.safetensors: names as in the published implementation's checkpoints."""
    tensors = {"unembed.W_U": model.unembed}
    for l, layer in enumerate(model.layers):
        for n, w in (("W_K", layer.w_k), ("W_Q", layer.w_q), ("W_V", layer.w_v), ("W_pred", layer.w_pred)): tensors[f"blocks.{l}.cat_attn.{n}.W"] = w
        for m in range(MLPS):
            at = f"blocks.{l}.cat_mlp.mlps.{m}."
            tensors[at + "W_read.W"], tensors[at + "W_in"], tensors[at + "W_out"] = layer.w_read[m], layer.w_in[m].T, layer.w_out[m].T
            tensors[at + "b_in"], tensors[at + "b_out"] = layer.b_in[m, 0, 0], layer.b_out[m, 0, 0]
    header, data = {}, b""
    for name, w in sorted(tensors.items()):
        raw = w.detach().contiguous().numpy().astype("<f4").tobytes()
        header[name] = {"dtype": "F32", "shape": list(w.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    open(os.path.join(folder, "model.safetensors"), "wb").write(struct.pack("<Q", len(text)) + text + data)
    args = {"n_layers": LAYERS, "n_heads_cat": HEADS, "n_heads_num": 0, "n_cat_mlps": MLPS, "n_num_mlps": 0, "max_length": MOST, "d_var": D, "autoregressive": False, "one_hot_embed": True, "unembed_mask": 0, "pool_outputs": 0, "idx_w": WORDS, "idx_t": CLASSES}
    json.dump(args, open(os.path.join(folder, "args.json"), "w"), indent=1)

def run_program(path, x, y, count):
    """Share of whole sequences that the written program gets right, by running it."""
    spec = importlib.util.spec_from_file_location("program", path)
    program = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(program)
    right = 0
    for tokens, wanted in zip(x[:count].tolist(), y[:count].tolist()):
        n = tokens.index(END) + 1
        out = program.run([WORDS[t] for t in tokens[:n]])
        right += out[1:-1] == [CLASSES[w] for w in wanted[1:n - 1]]
    return right

def main():
    torch.set_num_threads(1)
    folder = os.path.dirname(os.path.abspath(__file__))
    os.chdir(os.path.join(folder, "..", ".."))
    data, best = samples(), None
    print(f"{len(data[0][0])} sequences to train on, {len(data[1][0])} to choose by, {len(data[2][0])} held out")
    for seed in range(int(sys.argv[1]) if len(sys.argv) > 1 else 4):
        start = time.time()
        model = train(seed, data)
        valid = accuracy(model, *data[1])
        print(f"seed {seed}: {valid:.4f} of the sequences to choose by, {time.time() - start:.0f} s", flush=True)
        if best is None or valid > best[0]: best = (valid, seed, model)
    model = best[2]
    print(f"seed {best[1]}: trained network, whole sequences held out: {accuracy(model, *data[2]):.4f}")
    write_program(model, folder)
    write_tensors(model, folder)
    count = min(500, len(data[2][0]))
    print(f"the program, on {count} of them: {run_program(os.path.join(folder, 'sort.py'), *data[2], count)} right")

main()
