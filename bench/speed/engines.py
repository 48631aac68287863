"""engines.py - who computes a case: ours, and each peer, behind one interface. An Engine is made once in a process of its own (worker.py),
for a case and a number of threads; run(reps) gives the seconds of `reps` rounds; `note` says which form of the peer was the fastest. All do
the work that the case's model file says: encoders take embeddings and give hidden states, decoders take tokens and give the last logits.
A peer with several ways to run the same thing (graphs for onnxruntime) measures them at the start and keeps the best."""
import ctypes
import os
import pathlib
import time

import build


class Skip(Exception):
    """This engine does not run this case, and why."""


class Ours:
    def __init__(self, case, threads, folder):
        library, blob, _ = build.ours(case, threads, folder)
        self.c = ctypes.CDLL(str(library))
        self.c.bench_run.restype = ctypes.c_double
        self.c.bench_run.argtypes = [ctypes.c_long, ctypes.c_int, ctypes.c_int, ctypes.c_int]
        failed = self.c.bench_open(str(blob or "").encode(), threads)
        if failed:
            raise build.Error(f"bench_open gives {failed}")
        self.case = case
        self.note = "--target=native" if build.abilities()["target"] else "no target"
        if case.past:
            self.call(1, 1, case.past, 0)

    def call(self, *args):
        seconds = self.c.bench_run(*args)
        if seconds < 0:
            raise build.Error(f"the entry gives status {-1 - seconds:.0f}")
        return seconds

    def run(self, reps):
        return self.call(reps, self.case.steps, self.case.tokens, self.case.past)


class Hand:
    """bench/encoder/hand.c; its weights are any numbers."""

    def __init__(self, case, threads, folder):
        if case.name != "encoder-64" or threads > 1:
            raise Skip("written for one encoder and one thread")
        self.c = ctypes.CDLL(str(build.hand(folder)))
        value = ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_int, ctypes.c_int)(lambda p, e: ((p * 31 + e * 7919) % 1009 - 504) / 5040)
        self.c.hand_init(value)
        floats = ctypes.c_float * (case.sizes["T"] * case.sizes["D"])
        self.x, self.y, self.note = floats(*(i % 101 / 50 - 1 for i in range(floats._length_))), floats(), ""

    def run(self, reps):
        f, x, y = self.c.hand_run, self.x, self.y
        begin = time.perf_counter()
        for _ in range(reps):
            f(x, y)
        return time.perf_counter() - begin


def stack(case, attention="sdpa"):
    """The encoder stack of the transformers library as a module: hidden states in, hidden states out."""
    import torch
    import transformers
    s = case.sizes
    shape = dict(hidden_size=s["D"], num_hidden_layers=s["L"], num_attention_heads=s["H"], intermediate_size=s["F"], attn_implementation=attention)

    class Stack(torch.nn.Module):
        def __init__(self):
            super().__init__()
            if case.kind == "bert":
                model = transformers.BertModel(transformers.BertConfig(vocab_size=16, **shape), add_pooling_layer=False)
                self.layers, self.norm = model.encoder.layer, None
            else:
                model = transformers.ViTModel(transformers.ViTConfig(image_size=16, **shape), add_pooling_layer=False)
                self.layers, self.norm = getattr(model, "layers", None) or model.encoder.layer, model.layernorm

        def forward(self, x):
            for layer in self.layers:
                x = layer(x)
                x = x[0] if isinstance(x, tuple) else x
            return x if self.norm is None else self.norm(x)

    torch.manual_seed(1)
    return Stack().eval()


def conv_shapes(case):
    """(shapes of input, weights, bias, and the arguments stride, padding, groups) of a convolution with channels first."""
    s = case.sizes
    if case.model == "conv1d":
        return (1, s["I"], s["T"]), (s["O"], s["I"], s["K"]), (s["O"],), (s["S"], s["P"], 1)
    if case.model == "depthwise1d":         # the last K - 1 places are cut off by its users
        return (1, s["C"], s["T"]), (s["C"], 1, s["K"]), (s["C"],), (1, s["K"] - 1, s["C"])
    if case.model == "patch":
        return (1, s["I"], s["H"], s["H"]), (s["D"], s["I"], s["K"], s["K"]), (s["D"],), (s["K"], 0, 1)
    if case.model.startswith("depthwise"):
        return (1, s["C"], s["H"], s["H"]), (s["C"], 1, s["K"], s["K"]), (s["C"],), (1, s["K"] // 2, s["C"])
    return (1, s["I"], s["H"], s["H"]), (s["O"], s["I"], s["K"], s["K"]), (s["O"],), (1, s["K"] // 2, 1)


def torch_conv(case):
    """(note, call, arguments): the faster of channels first and channels last, whatever ours has."""
    import torch
    x, w, b, (stride, pad, groups) = conv_shapes(case)
    forms = []
    for note, layout in (("channels first", torch.contiguous_format), ("channels last", torch.channels_last)):
        a, k = torch.randn(x), torch.randn(w)
        if len(x) == 3:                     # lines are pictures of one row
            a, k = a[:, :, None], k[:, :, None]
        padding = (0, pad) if len(x) == 3 else pad
        args = a.contiguous(memory_format=layout), k.contiguous(memory_format=layout), torch.randn(b)
        forms.append((note, lambda a, k, b, p=padding: torch.nn.functional.conv2d(a, k, b, stride, p, 1, groups), args))
    if len(x) == 3:
        forms.append(("conv1d", lambda a, k, b: torch.nn.functional.conv1d(a, k, b, stride, pad, 1, groups), (torch.randn(x), torch.randn(w), torch.randn(b))))

    def seconds(form):
        times = []
        with torch.no_grad():
            for _ in range(5):
                begin = time.perf_counter()
                form[1](*form[2])
                times.append(time.perf_counter() - begin)
        return min(times)
    return min(forms, key=seconds)


class Torch:
    compiled = False

    def __init__(self, case, threads, folder):
        try:
            import torch
        except ImportError:
            raise Skip("torch is not installed") from None
        torch.set_num_threads(threads)
        torch.set_num_interop_threads(1)
        if self.compiled and case.kind in ("gemm", "attention", "conv"):
            raise Skip("one library call: the same as torch")
        if case.kind == "decode" or case.dtype != "f32":
            raise Skip("prefill in f32 only")
        s, self.torch, self.note = case.sizes, torch, "transformers, sdpa"
        if case.kind == "gemm":
            w = torch.randn(s["N"], s["K"])
            self.call, self.args, self.note = torch.nn.functional.linear, (torch.randn(s["M"], s["K"]), w), "linear"
        elif case.kind == "conv":
            self.note, self.call, self.args = torch_conv(case)
        elif case.kind == "attention":
            q, k, v = (torch.randn(1, s["T"], s["H"], s["C"]).transpose(1, 2) for _ in range(3))
            causal = bool(s["causal"])
            self.call, self.args = lambda *a: torch.nn.functional.scaled_dot_product_attention(*a, is_causal=causal), (q, k, v)
            self.note = "scaled_dot_product_attention"
        elif case.kind == "prefill":
            import transformers
            config = transformers.LlamaConfig(vocab_size=s["V"], hidden_size=s["D"], intermediate_size=s["F"], num_hidden_layers=s["L"], num_attention_heads=s["H"],
                                              num_key_value_heads=s["Hk"], max_position_embeddings=s["M"], attn_implementation="sdpa", use_cache=False)
            model = transformers.LlamaForCausalLM(config).eval()
            self.call, self.args = lambda t: model(t, use_cache=False, logits_to_keep=1).logits, (torch.arange(case.tokens)[None] % s["V"],)
        else:
            self.call, self.args = stack(case), (torch.randn(1, s["T"], s["D"]),)
        if self.compiled:
            import torch._inductor.config
            torch._inductor.config.freezing = True      # weights are constants: packed once
            self.call, self.note = torch.compile(self.call), self.note + ", freezing"

    def run(self, reps):
        call, args = self.call, self.args
        with self.torch.no_grad():
            begin = time.perf_counter()
            for _ in range(reps):
                call(*args)
            return time.perf_counter() - begin


class TorchCompile(Torch):
    compiled = True


class Onnx:
    """onnxruntime: graphs of the two exporters of torch, and each with the fusions of onnxruntime.transformers; the fastest is kept."""

    def __init__(self, case, threads, folder):
        try:
            import numpy
            import onnxruntime
        except ImportError:
            raise Skip("onnxruntime is not installed") from None
        if case.kind in ("decode", "prefill"):
            raise Skip("encoders only")
        self.ort, self.threads, best = onnxruntime, threads, None
        graphs = {"gemm": onnx_gemm, "attention": onnx_attention, "conv": onnx_conv}.get(case.kind, onnx_encoder)(case, folder)
        failures = []
        for note, path in graphs:
            try:
                session = self.open(path)
                bind = session.io_binding()
                for i in session.get_inputs():
                    bind.bind_cpu_input(i.name, numpy.random.default_rng(1).standard_normal(i.shape).astype("f4"))
                for o in session.get_outputs():
                    bind.bind_output(o.name, "cpu")
                self.session, self.bind = session, bind
                self.run(1)
                seconds = min(self.run(1) for _ in range(4))
                if best is None or seconds < best[0]:
                    best = seconds, note, session, bind
            except Exception as e:      # a graph that this version refuses
                failures.append(f"{note}: {str(e)[:120]}")
        if best is None:
            raise Skip("; ".join(failures) or "no graph")
        _, self.note, self.session, self.bind = best

    def open(self, path):
        options = self.ort.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = self.threads, 1
        options.graph_optimization_level = self.ort.GraphOptimizationLevel.ORT_ENABLE_ALL
        options.log_severity_level = 3
        # Its threads spin while a call runs, as they do by default, but not into the control behind the sample.
        options.add_session_config_entry("session.force_spinning_stop", "1")
        return self.ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])

    def run(self, reps):
        call, bind = self.session.run_with_iobinding, self.bind
        begin = time.perf_counter()
        for _ in range(reps):
            call(bind)
        return time.perf_counter() - begin


def onnx_encoder(case, folder):
    import torch
    folder = folder / "onnx"
    folder.mkdir(exist_ok=True)
    x = torch.randn(1, case.sizes["T"], case.sizes["D"])
    graphs = []
    for exporter, dynamo in (("exported", True), ("traced", False)):
        for attention in ("eager", "sdpa"):
            name = f"{case.name}-{exporter}-{attention}"
            plain, fused = folder / f"{name}.onnx", folder / f"{name}-fused.onnx"
            failed = folder / f"{name}.failed"
            if not plain.exists() and not failed.exists():
                try:
                    with torch.no_grad():
                        torch.onnx.export(stack(case, attention), (x,), str(plain), input_names=["x"], output_names=["y"], dynamo=dynamo,
                                          **({"external_data": False} if dynamo else {}))
                except Exception as e:
                    failed.write_text(str(e))
            if plain.exists() and not fused.exists() and not failed.exists():
                try:
                    from onnxruntime.transformers import optimizer
                    done = optimizer.optimize_model(str(plain), model_type=case.kind, num_heads=case.sizes["H"], hidden_size=case.sizes["D"])
                    done.save_model_to_file(str(fused))
                    (folder / f"{name}-fused.txt").write_text(str(done.get_fused_operator_statistics()) + "\n")
                except Exception as e:
                    failed.write_text(str(e))
            graphs += [(f"{exporter} {attention}", plain)] if plain.exists() else []
            graphs += [(f"{exporter} {attention}, fused", fused)] if fused.exists() else []
    return graphs


def onnx_save(path, nodes, inputs, output, constants=(), opset=20):
    import onnx
    from onnx import helper as h
    value = lambda name, shape: h.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape)
    graph = h.make_graph(nodes, "g", [value(n, s) for n, s in inputs], [value(*output)], [onnx.numpy_helper.from_array(a, n) for n, a in constants])
    model = h.make_model(graph, opset_imports=[h.make_opsetid("", opset), h.make_opsetid("com.microsoft", 1)])
    model.ir_version = 10
    onnx.save(model, str(path))
    return path


def onnx_gemm(case, folder):
    import numpy
    from onnx import helper as h
    m, n, k = (case.sizes[i] for i in "MNK")
    w = numpy.random.default_rng(1).standard_normal((k, n)).astype("f4")
    return [("MatMul", onnx_save(folder / f"{case.name}.onnx", [h.make_node("MatMul", ["x", "w"], ["y"])], [("x", [m, k])], ("y", [m, n]), [("w", w)]))]


def onnx_conv(case, folder):
    """One Conv; onnxruntime brings its input into blocks of channels by itself."""
    import numpy
    from onnx import helper as h
    x, w, b, (stride, pad, groups) = conv_shapes(case)
    flat = len(x) - 2
    out = [1, w[0]] + [(n + 2 * pad - k) // stride + 1 for n, k in zip(x[2:], w[2:])]
    rng = numpy.random.default_rng(1)
    node = h.make_node("Conv", ["x", "w", "b"], ["y"], strides=[stride] * flat, pads=[pad] * 2 * flat, group=groups)
    constants = [(n, rng.standard_normal(s).astype("f4")) for n, s in (("w", w), ("b", b))]
    return [("Conv", onnx_save(folder / f"{case.name}.onnx", [node], [("x", list(x))], ("y", out), constants))]


def onnx_attention(case, folder):
    import numpy
    from onnx import helper as h
    T, H, C, causal = (case.sizes[i] for i in ("T", "H", "C", "causal"))
    flat, split = [1, T, H * C], numpy.array([1, T, H, C])
    three = [(i, flat) for i in "qkv"]
    fused = h.make_node("MultiHeadAttention", ["q", "k", "v"], ["y"], domain="com.microsoft", num_heads=H, unidirectional=causal)
    standard = h.make_node("Attention", ["q", "k", "v"], ["y"], q_num_heads=H, kv_num_heads=H, is_causal=causal)
    nodes = []
    for i in "qkv":
        nodes += [h.make_node("Reshape", [i, "split"], [i + "1"]), h.make_node("Transpose", [i + "1"], [i + "2"], perm=[0, 2, 3, 1] if i == "k" else [0, 2, 1, 3])]
    nodes += [h.make_node("MatMul", ["q2", "k2"], ["s"]), h.make_node("Mul", ["s", "scale"], ["p"]),
              *([h.make_node("Add", ["p", "mask"], ["p1"])] if causal else []),
              h.make_node("Softmax", ["p1" if causal else "p"], ["w"], axis=-1), h.make_node("MatMul", ["w", "v2"], ["o"]),
              h.make_node("Transpose", ["o"], ["o1"], perm=[0, 2, 1, 3]), h.make_node("Reshape", ["o1", "join"], ["y"])]
    constants = [("split", split), ("join", numpy.array(flat)), ("scale", numpy.array(C ** -0.5, "f4")),
                 *([("mask", numpy.triu(numpy.full((T, T), -1e9, "f4"), 1))] if causal else [])]
    base = folder / case.name
    return [("MultiHeadAttention", onnx_save(f"{base}-a.onnx", [fused], three, ("y", flat))),
            ("Attention", onnx_save(f"{base}-b.onnx", [standard], three, ("y", flat), opset=23)),
            ("MatMul, Softmax", onnx_save(f"{base}-c.onnx", nodes, three, ("y", flat), constants))]


def gguf_file(case, folder):
    """The case's shape with random weights as a GGUF file without a vocabulary."""
    import gguf
    import numpy
    s, half = case.sizes, case.dtype == "f16"
    path = folder / f"llama-{s['D']}-{case.dtype}.gguf"
    if path.exists():
        return path
    rng = numpy.random.default_rng(1)
    w = gguf.GGUFWriter(str(path) + ".new", "llama")
    w.add_context_length(s["M"])
    w.add_embedding_length(s["D"])
    w.add_block_count(s["L"])
    w.add_feed_forward_length(s["F"])
    w.add_head_count(s["H"])
    w.add_head_count_kv(s["Hk"])
    w.add_layer_norm_rms_eps(1e-5)
    w.add_rope_dimension_count(s["D"] // s["H"])
    w.add_vocab_size(s["V"])
    w.add_tokenizer_model("no_vocab")
    w.add_file_type(1 if half else 0)
    matrix = lambda name, *shape: w.add_tensor(name, (rng.standard_normal(shape, "f4") * shape[1] ** -0.5).astype("f2" if half else "f4"))
    norm = lambda name: w.add_tensor(name, numpy.ones(s["D"], "f4"))
    kv = s["D"] // s["H"] * s["Hk"]
    matrix("token_embd.weight", s["V"], s["D"])
    norm("output_norm.weight")
    matrix("output.weight", s["V"], s["D"])
    for i in range(s["L"]):
        norm(f"blk.{i}.attn_norm.weight")
        norm(f"blk.{i}.ffn_norm.weight")
        for name, *shape in (("attn_q", s["D"], s["D"]), ("attn_k", kv, s["D"]), ("attn_v", kv, s["D"]), ("attn_output", s["D"], s["D"]),
                             ("ffn_gate", s["F"], s["D"]), ("ffn_up", s["F"], s["D"]), ("ffn_down", s["D"], s["F"])):
            matrix(f"blk.{i}.{name}.weight", *shape)
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()
    os.rename(str(path) + ".new", path)
    return path


class LlamaCpp:
    """llama.cpp by its C interface; defaults but for the number of threads and the sizes: its cache is f16, where ours is f32."""

    def __init__(self, case, threads, folder):
        if case.kind not in ("decode", "prefill"):
            raise Skip("decoders only")
        try:
            import llama_cpp as c
        except ImportError:
            raise Skip("llama_cpp is not installed") from None
        self.case, self.c = case, c
        self.quiet = c.llama_log_callback(lambda level, text, data: None)
        c.llama_log_set(self.quiet, ctypes.c_void_p(0))
        c.llama_backend_init()
        self.model = c.llama_model_load_from_file(str(gguf_file(case, folder)).encode(), c.llama_model_default_params())
        params = c.llama_context_default_params()
        params.n_ctx, params.n_batch, params.n_ubatch = case.sizes["M"], max(case.tokens, 32), max(case.tokens, 32)
        params.n_threads = params.n_threads_batch = threads
        self.context = self.model and c.llama_init_from_model(self.model, params)
        if not self.context:
            raise Skip("the model did not load")
        self.tok = (c.llama_token * case.sizes["M"])(*((t * 7919 + 13) % case.sizes["V"] for t in range(case.sizes["M"])))
        self.memory, self.note = c.llama_get_memory(self.context), f"llama-cpp-python {c.__version__}"
        if case.past:
            self.decode(c.llama_batch_get_one(self.tok, case.past))

    def decode(self, batch):
        if self.c.llama_decode(self.context, batch):
            raise RuntimeError("llama_decode failed")

    def run(self, reps):
        case, c, context, decode = self.case, self.c, self.context, self.c.llama_decode
        at = lambda s: ctypes.cast(ctypes.byref(self.tok, 4 * (case.past + s * case.tokens)), ctypes.POINTER(c.llama_token))
        batches = [c.llama_batch_get_one(at(s), case.tokens) for s in range(case.steps)]
        begin = time.perf_counter()
        for _ in range(reps):
            c.llama_memory_seq_rm(self.memory, 0, case.past, -1)
            for batch in batches:
                if decode(context, batch):
                    raise RuntimeError("llama_decode failed")
            c.llama_synchronize(context)
        return time.perf_counter() - begin


# In the order of the table's columns; the first is ours.
ENGINES = {"tfxc": Ours, "onnxruntime": Onnx, "torch": Torch, "torch.compile": TorchCompile, "llama.cpp": LlamaCpp, "hand-written": Hand}


def make(name, case, threads, folder):
    os.environ.setdefault("TORCHINDUCTOR_CACHE_DIR", str(pathlib.Path(folder) / "inductor"))
    os.environ["OMP_NUM_THREADS"] = str(threads)
    return ENGINES[name](case, threads, pathlib.Path(folder))
