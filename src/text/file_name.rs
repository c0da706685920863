//! Names of files that every system takes: what is written on one is cloned on another.

/// Names that Windows keeps for devices, whatever ending follows.
const DEVICES: [&str; 6] = ["CON", "PRN", "AUX", "NUL", "CONIN", "CONOUT"];

/// Whether Windows opens a device in the place of a file of this name.
pub fn is_device_name(name: &str) -> bool {
    let stem = name.split(['.', ':']).next().unwrap_or_default();
    let stem = stem.trim_end_matches([' ', '$']).to_uppercase();
    let numbered = ["COM", "LPT"].iter().any(|device| {
        stem.strip_prefix(device).is_some_and(|number| {
            let mut number = number.chars();
            let digit = number
                .next()
                .is_some_and(|c| c.is_ascii_digit() || "¹²³".contains(c));
            digit && number.next().is_none()
        })
    });
    numbered || DEVICES.contains(&stem.as_str())
}

/// Whether a file or folder can have this name on Windows, macOS and Linux.
pub fn is_portable_name(name: &str) -> bool {
    let is_kept = |c: char| c.is_control() || "<>:\"/\\|?*".contains(c);
    !name.is_empty()
        && name.len() <= 255
        && !name.contains(is_kept)
        && !name.ends_with(['.', ' '])
        && !is_device_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_portable_name_is_one_on_windows_too() {
        for name in ["prod", "contoso-eu.yaml", "Größe", "console", "com10", ".x"] {
            assert!(is_portable_name(name), "{name}");
        }
        for name in [
            "", ".", "..", "a.", "a ", "a/b", "a\\b", "prod:eu", "a?", "a\n", "con", "Aux.yaml",
            "nul .txt", "COM1", "lpt².x", "conin$",
        ] {
            assert!(!is_portable_name(name), "{name}");
        }
    }
}
