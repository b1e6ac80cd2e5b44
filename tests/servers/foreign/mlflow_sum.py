"""MLflow with a classifier: the sum of uint8 values, modulo 10. Arguments: port, folder."""

import os
import sys

import mlflow
import numpy as np
from mlflow.models import ModelSignature
from mlflow.types import Schema, TensorSpec


class Sums(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        return model_input.reshape(len(model_input), -1).astype("int64").sum(axis=1) % 10


if __name__ == "__main__":
    port, folder = sys.argv[1:]
    images = Schema([TensorSpec(np.dtype("uint8"), (-1, 1, 16, 16))])
    mlflow.pyfunc.save_model(
        folder, python_model=Sums(), signature=ModelSignature(inputs=images), pip_requirements=[]
    )
    os.environ["PATH"] = f"{os.path.dirname(sys.executable)}:{os.environ['PATH']}"
    command = ["mlflow", "models", "serve", "-m", folder, "--env-manager", "local"]
    os.execvp("mlflow", [*command, "-h", "127.0.0.1", "-p", port])
