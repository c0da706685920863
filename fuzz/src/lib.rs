//! The laws that the fuzz targets hold: one module for each target.

pub mod device_rules;
