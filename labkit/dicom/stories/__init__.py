"""The patient stories: who, what, when; and the phantoms that their images are made of."""
