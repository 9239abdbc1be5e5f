//! What the store says about itself.
