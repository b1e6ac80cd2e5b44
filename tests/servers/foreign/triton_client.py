"""NVIDIA's client asks a server of the suite. Arguments: port, model, a .npy of uint8 images."""

import json
import sys

import numpy as np
from tritonclient import http

if __name__ == "__main__":
    port, model, file = sys.argv[1:]
    images = np.load(file)
    client = http.InferenceServerClient(f"127.0.0.1:{port}")
    assert client.is_server_live() and client.is_server_ready() and client.is_model_ready(model)
    told = client.get_model_metadata(model)
    asked = http.InferInput(told["inputs"][0]["name"], list(images.shape), "UINT8")
    labels = {}
    for binary in (True, False):
        asked.set_data_from_numpy(images, binary_data=binary)
        wanted = http.InferRequestedOutput("label", binary_data=binary)
        answer = client.infer(model, [asked], outputs=[wanted])
        labels[binary] = answer.as_numpy("label").tolist()
    assert labels[True] == labels[False]
    print(json.dumps(labels[True]))
