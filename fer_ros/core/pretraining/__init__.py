"""Training a backbone with its general head from FER2013, in Keras. The running robot never imports this."""
