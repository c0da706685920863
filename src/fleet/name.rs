//! Names of tenants as names of files.

use std::fmt::Write as _;

use crate::text::is_device_name;

/// A file name for what belongs to a tenant, without its ending. Two tenants never share one, not
/// even where the file system takes capital letters for small ones.
pub fn file_stem(tenant: &str) -> String {
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let plain = tenant.chars().all(is_plain) && !tenant.is_empty() && tenant.len() <= 100;
    if plain && !is_device_name(tenant) {
        return tenant.to_owned();
    }
    let mut stem: String = tenant
        .chars()
        .take(100)
        .map(|c| match is_plain(c) || c.is_ascii_uppercase() {
            true => c,
            false => '_',
        })
        .collect();
    // What is no plain name is told apart by its hash.
    let _ = write!(stem, "_{:08x}", hash(tenant) as u32);
    stem
}

/// A hash that is the same on every machine and in every version: FNV-1a, 64 bits, and then mixed,
/// so that also the low bits of similar names differ.
pub fn hash(text: &str) -> u64 {
    let folded = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    let mixed = (folded ^ (folded >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    mixed ^ (mixed >> 33)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::text::is_portable_name;

    #[test]
    fn no_two_tenants_share_a_file() {
        let names = [
            "a.b", "a_b", "a b", "A_b", "a/b", "a-b", "ä", "ö", "con/..", "..", "", "AB", "ab",
            "Ab", "con", "com1",
        ];
        let stems: BTreeSet<String> = names
            .iter()
            .map(|name| file_stem(name).to_lowercase())
            .collect();
        assert_eq!(stems.len(), names.len());
        assert!(stems.iter().all(|stem| !stem.contains(['/', '.', '\\'])));
        assert!(names.iter().all(|name| is_portable_name(&file_stem(name))));
        assert_eq!(file_stem("contoso-eu"), "contoso-eu");
    }

    #[test]
    fn a_hash_never_changes() {
        // Shards of one run may be of different versions.
        assert_eq!(hash("contoso"), 9_450_919_783_471_694_446);
    }
}
