//! The proof side of Evident.
