"""KServe with a classifier: the sum of uint8 values, modulo 10. One argument: a port."""

import sys

import kserve
import numpy as np
import uvicorn

# KServe listens to every network; there is no option for it.
plain = uvicorn.Config.__init__


def here(self, *given, **options):
    plain(self, *given, **{**options, "host": "127.0.0.1"})


uvicorn.Config.__init__ = here


class Sums(kserve.Model):
    def __init__(self):
        super().__init__("sums")
        self.ready = True

    async def predict(self, payload, headers=None, response_headers=None):
        if isinstance(payload, dict):
            images = np.array(payload["instances"], dtype=np.int64)
            return {"predictions": self.labels(images).tolist()}
        images = payload.inputs[0].as_numpy().astype(np.int64)
        labels = self.labels(images).astype(np.int64)
        output = kserve.InferOutput("label", [len(labels)], "INT64")
        output.set_data_from_numpy(labels, binary_data=False)
        return kserve.InferResponse(payload.id, "sums", [output])

    def labels(self, images):
        return images.reshape(len(images), -1).sum(axis=1) % 10


if __name__ == "__main__":
    port = int(sys.argv[1])
    kserve.ModelServer(http_port=port, enable_grpc=False, workers=1).start([Sums()])
