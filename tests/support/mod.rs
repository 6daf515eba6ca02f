//! What several test binaries share.

pub mod archive;
pub mod city;
pub mod desk;
