//! Who visits whom.
