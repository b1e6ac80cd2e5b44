"""Models that others trained, as teachers: a copy of the file, and a card that says "imported".

====================  =====================  ======================================
file                  form                   runs code of the file
====================  =====================  ======================================
.safetensors, .pt     ``state-dict``         no; the network's own file, if any, does
.pt of jit.save       ``torchscript``        yes
.pt2 of export.save   ``exported``           yes
.onnx                 ``onnx``               no (onnxruntime, extra [onnx])
====================  =====================  ======================================

A form is a function in ``forms.OPENERS``: from a file's content and ``Given`` to a module that maps
images as the model wants them to logits or probabilities N x K. ``Adapted`` stands before it: it
takes the images of the data set. Whatever changes an answer is in the SHA-256 of the card.
"""

from teachers.imported.given import Given
from teachers.imported.importing import find_or_import, import_model, load

__all__ = ["Given", "find_or_import", "import_model", "load"]
