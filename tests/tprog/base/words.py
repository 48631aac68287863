import numpy as np
import pandas as pd
from tests.words_embeddings import Emb0, Emb1


def select_closest(keys, queries, predicate):
    rows = [[False] for _ in queries]
    for i, query in enumerate(queries):
        found = [j for j, key in enumerate(keys[: i + 1]) if predicate(query, key)]
        row = [False for _ in keys]
        if any(found):
            row[min(found, key=lambda j: abs(i - j) if j != i else len(found))] = True
        else:
            row[0] = True
        rows[i] = row
    return rows


def select(keys, queries, predicate):
    return [[predicate(q, k) for k in keys[: i + 1]] for i, q in enumerate(queries)]


def aggregate(attention, values):
    return [[v for a, v in zip(row, values) if a][0] for row in attention]


def aggregate_sum(attention, values):
    return [sum([v for a, v in zip(row, values) if a]) for row in attention]


def run(tokens):
    classifier_weights = pd.read_csv(
        "tests/words_weights.csv", index_col=[0, 1], dtype={"feature": str}
    )

    positions = list(range(len(tokens)))
    position_scores = classifier_weights.loc[
        [("positions", str(v)) for v in positions]
    ]

    ones = [1 for _ in range(len(tokens))]
    one_scores = classifier_weights.loc[[("ones", "_") for v in ones]].mul(
        ones, axis=0
    )
    embed_df = pd.read_csv("tests/words_embeddings.csv").set_index("word")
    embeddings = embed_df.loc[tokens]
    var0_embeddings = [Emb0[f"V{i:02}"] for i in embeddings["var0_embeddings"]]
    var0_embedding_scores = classifier_weights.loc[
        [("var0_embeddings", str(v)) for v in var0_embeddings]
    ]
    var1_embeddings = [Emb1[f"V{i:02}"] for i in embeddings["var1_embeddings"]]
    var1_embedding_scores = classifier_weights.loc[
        [("var1_embeddings", str(v)) for v in var1_embeddings]
    ]

    # attn_0_0 ####
    def predicate_0_0(position, var0_embedding):
        if position in {0}:
            return var0_embedding == Emb0.V01
        elif position in {1, 4, 5, 7}:
            return var0_embedding == Emb0.V02
        elif position in {2, 3, 6}:
            return var0_embedding == Emb0.V00
    attn_0_0_pattern = select_closest(var0_embeddings, positions, predicate_0_0)
    attn_0_0_outputs = aggregate(attn_0_0_pattern, var1_embeddings)
    attn_0_0_output_scores = classifier_weights.loc[
        [("attn_0_0_outputs", str(v)) for v in attn_0_0_outputs]
    ]

    # num_attn_0_0 ####
    def num_predicate_0_0(position, var1_embedding):
        if position in {0, 1, 2, 3, 5, 6, 7}:
            return var1_embedding == Emb1.V00
    num_attn_0_0_pattern = select(var1_embeddings, positions, num_predicate_0_0)
    num_attn_0_0_outputs = aggregate_sum(num_attn_0_0_pattern, ones)
    num_attn_0_0_output_scores = classifier_weights.loc[[("num_attn_0_0_outputs", "_") for v in num_attn_0_0_outputs]].mul(
        num_attn_0_0_outputs, axis=0
    )

    # mlp_0_0 ####
    def mlp_0_0(var0_embedding, position):
        key = (var0_embedding, position)
        if key in {
            (Emb0.V00, 2),
            (Emb0.V00, 5),
            (Emb0.V01, 3),
            (Emb0.V01, 7),
            (Emb0.V02, 1),
            (Emb0.V02, 2),
            (Emb0.V02, 7),
        }:
            return 1
        return 0

    mlp_0_0_outputs = [
        mlp_0_0(k0, k1) for k0, k1 in zip(var0_embeddings, positions)
    ]
    mlp_0_0_output_scores = classifier_weights.loc[
        [("mlp_0_0_outputs", str(v)) for v in mlp_0_0_outputs]
    ]

    # mlp_0_1 ####
    def mlp_0_1(var0_embedding, attn_0_0_output):
        key = (var0_embedding, attn_0_0_output)
        return 1

    mlp_0_1_outputs = [
        mlp_0_1(k0, k1) for k0, k1 in zip(var0_embeddings, attn_0_0_outputs)
    ]
    mlp_0_1_output_scores = classifier_weights.loc[
        [("mlp_0_1_outputs", str(v)) for v in mlp_0_1_outputs]
    ]

    # num_mlp_0_0 ####
    def num_mlp_0_0(num_attn_0_0_output, one):
        key = (num_attn_0_0_output, one)
        if key in {
            (0, 2),
            (1, 1),
            (2, 1),
        }:
            return 1
        return 0

    num_mlp_0_0_outputs = [
        num_mlp_0_0(k0, k1) for k0, k1 in zip(num_attn_0_0_outputs, ones)
    ]
    num_mlp_0_0_output_scores = classifier_weights.loc[
        [("num_mlp_0_0_outputs", str(v)) for v in num_mlp_0_0_outputs]
    ]

    feature_logits = pd.concat(
        [
            df.reset_index()
            for df in [
                position_scores,
                one_scores,
                var0_embedding_scores,
                var1_embedding_scores,
                attn_0_0_output_scores,
                num_attn_0_0_output_scores,
                mlp_0_0_output_scores,
                mlp_0_1_output_scores,
                num_mlp_0_0_output_scores,
            ]
        ]
    )
    logits = feature_logits.groupby(level=0).sum(numeric_only=True).to_numpy()
    classes = classifier_weights.columns.to_numpy()
    predictions = classes[logits.argmax(-1)]
    if tokens[0] == "<s>":
        predictions[0] = "<s>"
    if tokens[-1] == "</s>":
        predictions[-1] = "</s>"
    return predictions.tolist()


examples = [
    (["<s>"], ["A"]),
]
for x, y in examples:
    print(f"x: {x}")
