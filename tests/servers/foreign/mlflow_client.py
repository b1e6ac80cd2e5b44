"""MLflow's client asks a server of the suite. Arguments: port, model, a .npy of uint8 images."""

import json
import sys

import numpy as np
import pandas as pd
from mlflow.pyfunc.scoring_server.client import ScoringServerClient

if __name__ == "__main__":
    port, _, file = sys.argv[1:]
    images = np.load(file)
    client = ScoringServerClient("127.0.0.1", int(port))
    client.wait_server_ready(timeout=30)
    rows = pd.DataFrame(images.reshape(len(images), -1))
    print(json.dumps(client.invoke(rows).get_predictions("ndarray").ravel().tolist()))
