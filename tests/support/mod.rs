//! What several test binaries share.

pub mod city;
pub mod desk;
