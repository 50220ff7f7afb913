"""Each a ModalScreen that asks and returns; the caller saves."""
