"""The program that llama_server starts: python llama_program.py MODEL SETTINGS. It imports nothing of the project.

MODEL is the model's file; SETTINGS are those of LlamaServer, as JSON.
"""

import json
import sys
from importlib import import_module
from typing import Any


def serve(model: str, settings: dict[str, Any]) -> None:
    """Serve until the parent process closes the standard input, or ends."""
    xllamacpp: Any = import_module("xllamacpp")  # it has no types
    params = xllamacpp.CommonParams()
    params.model.path = model
    params.port = settings["port"]
    params.n_parallel = settings["slots"]
    params.n_ctx = settings["window"] * settings["slots"]
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1  # several wait for each other on a busy machine
    params.n_gpu_layers = 0
    params.warmup = params.ui = False
    params.chat_template = settings["template"]
    params.sampling.temp = 0.0
    if settings["grammar"]:
        kind = xllamacpp.common_grammar_type.COMMON_GRAMMAR_TYPE_USER
        params.sampling.grammar = xllamacpp.CommonGrammar(kind, settings["grammar"])
    server = xllamacpp.Server(params)
    sys.stdin.read()
    del server


if __name__ == "__main__":
    serve(sys.argv[1], json.loads(sys.argv[2]))
