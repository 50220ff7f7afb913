"""The first start: one screen a step, from an empty computer to the sign-in screen."""
