//! gatewright: Conditional Access as code for Microsoft Entra ID.

pub mod model;
