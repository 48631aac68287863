#!/bin/sh
# bench/speed/peers.sh [DIR]: what tfxc is measured beside, in a private Python environment. Takes DIR (default: $TFXC_PEERS, then
# ~/.cache/tfxc-peers) and the commands python3, a C and C++ compiler and cmake; gives DIR/bin/python with the peers below, and
# DIR/peers.txt, a line a peer: its name and version, or `skipped` and why. What is there already is kept, so it may be run again.
# Nothing of this is needed to build or test tfxc, and nothing is written outside of DIR (and the caches of pip).
set -eu
dir=${1:-${TFXC_PEERS:-$HOME/.cache/tfxc-peers}}
python=${PYTHON:-python3}
mkdir -p "$dir"
[ -x "$dir/bin/python" ] || "$python" -m venv "$dir"
: >"$dir/peers.txt.new"

# need NAME MODULE REQUIREMENT..: one peer and what it is installed by. A failure skips this peer and says so.
need() {
    name=$1 module=$2
    shift 2
    version="import importlib.metadata as m; import $module; print(m.version('$name'))"
    if ! "$dir/bin/python" -c "$version" >/dev/null 2>&1; then
        if ! "$dir/bin/python" -m pip install --quiet "$@" >"$dir/$name.log" 2>&1; then
            echo "$name skipped: $(grep -v '^ *$' "$dir/$name.log" | tail -1 | cut -c1-160) (log: $dir/$name.log)" | tee -a "$dir/peers.txt.new"
            return 0
        fi
    fi
    if found=$("$dir/bin/python" -c "$version" 2>>"$dir/$name.log"); then
        echo "$name $found" | tee -a "$dir/peers.txt.new"
    else
        echo "$name skipped: installed, but does not load (log: $dir/$name.log)" | tee -a "$dir/peers.txt.new"
    fi
}

need numpy numpy numpy
need torch torch torch==2.13.0
need onnx onnx onnx
need onnxscript onnxscript onnxscript
need onnxruntime onnxruntime onnxruntime
need transformers transformers transformers
need safetensors safetensors safetensors
need gguf gguf gguf
# From source, for this machine's instructions: the wheels that some indexes have are built for an older one.
if command -v cmake >/dev/null && command -v "${CXX:-c++}" >/dev/null; then
    CMAKE_ARGS="${CMAKE_ARGS:--DGGML_NATIVE=ON -DGGML_OPENMP=ON -DCMAKE_BUILD_TYPE=Release}" \
        need llama_cpp_python llama_cpp --no-binary llama-cpp-python llama-cpp-python
else
    echo "llama_cpp_python skipped: needs cmake and a C++ compiler" | tee -a "$dir/peers.txt.new"
fi
mv "$dir/peers.txt.new" "$dir/peers.txt"
