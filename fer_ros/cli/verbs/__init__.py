"""What ``fer`` can do: one verb a file, with ``add_arguments`` and ``run``, and a row in :data:`VERBS`."""

#: Verb → what it does; the module is imported only when it is chosen, so that ``fer --help`` is instant.
VERBS = {
    "live": "see emotions: camera and inference in one process, with a status line",
    "record": "record labelled frames into a bag while you hold a key",
    "bags": "list your bags, look into one, repair one",
    "trash": "list what was discarded; bring it back, or remove it for good",
    "forget": "remove everything that is kept of a person",
    "import": "make a bag from a folder of pictures, or from fer2013.csv",
    "export": "write a web page that teaches and reads faces without a server",
    "train": "teach a model the faces in your bags",
    "eval": "measure a model on a dataset",
    "duplicates": "find photographs that occur twice in a dataset",
    "models": "list the models; select, rename, delete, push or pull one, or go back to the last one",
    "plugins": "list the plugins, or the settings of one",
    "fetch": "bring the network of the best face detector",
    "doctor": "find what is wrong here, and say how to mend it",
    "bench": "measure speed and memory",
    "pretrain": "train a backbone and its general head on FER2013",
}
