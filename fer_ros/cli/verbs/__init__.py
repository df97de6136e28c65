"""What ``fer`` can do: one verb a file, with ``add_arguments`` and ``run``, and a row in :data:`VERBS`."""

#: Verb → what it does; the module is imported only when it is chosen, so that ``fer --help`` is instant.
VERBS = {
    "live": "see: camera and inference in one process, with a status line",
    "record": "record labelled frames into a bag, by keys",
    "bags": "list the bags, look into one, repair one",
    "trash": "list what was discarded; bring it back, or remove it for good",
    "forget": "remove everything that is kept of a person",
    "import": "make a bag of a folder of pictures, or of fer2013.csv",
    "train": "teach a model with recorded bags",
    "calibrate": "correct the model for a person by that person's neutral face",
    "eval": "measure a model on a dataset",
    "duplicates": "find near-duplicates across the splits of a dataset",
    "models": "list the models; select, rename, delete, go back to the last one",
    "plugins": "list the plugins, or what one can be set to",
    "doctor": "find out what is wrong here and how to mend it",
    "bench": "measure speed and memory",
    "pretrain": "train a backbone and general head from FER2013",
}
