"""LitServe with a classifier: the sum of uint8 values, modulo 10. One argument: a port."""

import sys

import litserve


def total(values):
    """The sum of numbers in lists of lists."""
    return sum(map(total, values)) if isinstance(values, list) else values


class Sums(litserve.LitAPI):
    def setup(self, device):
        pass

    def decode_request(self, request):
        return request["data"]

    def predict(self, images):
        return [total(image) % 10 for image in images]

    def encode_response(self, labels):
        return {"labels": labels}


if __name__ == "__main__":
    server = litserve.LitServer(Sums(), accelerator="cpu", timeout=30)
    server.run(host="127.0.0.1", port=int(sys.argv[1]), generate_client_file=False)
