//! The keeping side of Evident.
