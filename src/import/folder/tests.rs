use std::fs;

use proptest::prelude::*;
use tempfile::TempDir;

use super::*;
use crate::import::names::tests::any_name;

const POLICY: Kind = Kind::ConditionalAccessPolicy;

fn draft(kind: Kind, name: &str, id: &str) -> FileDraft {
    FileDraft::New {
        kind,
        display_name: name.to_owned(),
        unique: id.to_owned(),
        text: format!("kind: {kind}\n# {id}\n"),
    }
}

fn project() -> (TempDir, Folder) {
    let root = tempfile::tempdir().unwrap();
    let folder = Folder::open(root.path(), "policies").unwrap();
    (root, folder)
}

fn read(root: &TempDir, path: &str) -> Arc<SourceFile> {
    SourceFile::read(root.path(), path, &root.path().join(path)).unwrap()
}

#[test]
fn new_files_go_to_the_folder_of_their_kind_and_stay_the_same_then() {
    let (root, folder) = project();
    let drafts = [
        draft(POLICY, "CA100: admins", "1"),
        draft(Kind::NamedLocation, "Office", "2"),
        draft(Kind::Group, "CA-BreakGlass", "3"),
    ];
    let proposals = folder.propose(&drafts).unwrap();
    let written = folder.write(&proposals).unwrap();
    assert_eq!(
        written,
        [
            "policies/CA100-admins.yaml",
            "policies/named-locations/Office.yaml",
            "policies/groups/CA-BreakGlass.yaml"
        ]
    );
    assert_eq!(read(&root, &written[1]).text, "kind: NamedLocation\n# 2\n");
    let again = folder.propose(&drafts).unwrap();
    assert!(again.iter().all(|p| p.change == Change::Unchanged));
    assert!(folder.write(&again).unwrap().is_empty());
    assert_eq!(
        fs::read_dir(root.path().join("policies")).unwrap().count(),
        3
    );
}

#[test]
fn names_that_clash_get_a_suffix_from_the_object_and_not_from_the_order() {
    let (_root, folder) = project();
    let mut drafts = vec![
        draft(POLICY, "A/b", "1"),
        draft(POLICY, "a:B", "2"),
        draft(Kind::Group, "A/b", "3"),
    ];
    let paths = |drafts: &[FileDraft]| -> Vec<String> {
        let proposals = folder.propose(drafts).unwrap();
        proposals.into_iter().map(|p| p.path).collect()
    };
    let mut first = paths(&drafts);
    assert!(first[0].starts_with("policies/A-b-") && first[1].starts_with("policies/a-B-"));
    assert_eq!(first[2], "policies/groups/A-b.yaml");
    drafts.reverse();
    first.reverse();
    assert_eq!(paths(&drafts), first);
}

#[test]
fn a_file_in_the_way_is_left_as_it_is() {
    let (root, mut folder) = project();
    fs::create_dir(root.path().join("policies")).unwrap();
    fs::write(root.path().join("policies/A.yaml"), "mine\n").unwrap();
    let proposals = folder.propose(&[draft(POLICY, "A", "1")]).unwrap();
    assert!(matches!(&proposals[0].change, Change::Clash { before: Some(b), .. } if b == "mine\n"));
    let refused = folder.write(&proposals).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "`policies/A.yaml` exists already and is left as it is"
    );
    // Another object's file, or one that differs in case alone: the new one goes beside.
    let beside = folder.propose(&[draft(POLICY, "a", "1")]).unwrap();
    assert!(beside[0].path.starts_with("policies/a-"), "{beside:?}");
    folder.take("policies/A.yaml");
    let beside = folder.propose(&[draft(POLICY, "A", "1")]).unwrap();
    assert!(beside[0].path.starts_with("policies/A-"), "{beside:?}");
    // Only when it is said so, the file is replaced.
    let over: Vec<Proposal> = proposals.into_iter().map(Proposal::overwriting).collect();
    folder.write(&over).unwrap();
    assert_eq!(
        read(&root, "policies/A.yaml").text,
        "kind: ConditionalAccessPolicy\n# 1\n"
    );
}

#[test]
fn a_changed_file_keeps_its_encoding_and_is_not_written_over_a_newer_one() {
    let (root, folder) = project();
    let path = root.path().join("a.yaml");
    let bytes: Vec<u8> = [0xFF, 0xFE]
        .into_iter()
        .chain("a: 1\r\n".encode_utf16().flat_map(u16::to_le_bytes))
        .collect();
    fs::write(&path, &bytes).unwrap();
    let file = read(&root, "a.yaml");
    let change = |text: &str| FileDraft::Changed {
        file: Arc::clone(&file),
        text: text.to_owned(),
    };
    assert_eq!(
        folder.propose(&[change("a: 1\r\n")]).unwrap()[0].change,
        Change::Unchanged
    );
    let proposals = folder
        .propose(&[draft(POLICY, "N", "1"), change("a: 2\r\n")])
        .unwrap();
    fs::write(&path, "a: 3\n").unwrap();
    let refused = folder.write(&proposals).unwrap_err();
    assert!(matches!(refused, FolderError::Moved { path } if path == "a.yaml"));
    // All are looked at before the first is written.
    assert!(!root.path().join("policies").exists());
    fs::write(&path, &bytes).unwrap();
    folder.write(&proposals).unwrap();
    let new: Vec<u8> = bytes
        .iter()
        .map(|b| if *b == b'1' { b'2' } else { *b })
        .collect();
    assert_eq!(fs::read(&path).unwrap(), new);
}

#[test]
fn a_file_that_came_since_is_not_overwritten() {
    let (root, folder) = project();
    let proposals = folder.propose(&[draft(POLICY, "N", "1")]).unwrap();
    fs::create_dir(root.path().join("policies")).unwrap();
    fs::write(root.path().join("policies/N.yaml"), "").unwrap();
    assert!(matches!(
        folder.write(&proposals),
        Err(FolderError::Clash { .. })
    ));
    assert_eq!(read(&root, "policies/N.yaml").text, "");
}

#[test]
fn what_lies_outside_is_refused() {
    let (root, folder) = project();
    let other = tempfile::tempdir().unwrap();
    fs::write(other.path().join("x.yaml"), "a: 1\n").unwrap();
    let file = SourceFile::read(other.path(), "x.yaml", &other.path().join("x.yaml")).unwrap();
    let draft = FileDraft::Changed {
        file,
        text: String::new(),
    };
    assert!(matches!(
        folder.propose(&[draft]),
        Err(FolderError::Outside { .. })
    ));
    for path in ["../x.yaml", "/x.yaml", "a/../../x.yaml"] {
        let change = Change::New {
            text: String::new(),
        };
        let path = path.to_owned();
        let refused = folder.write(&[Proposal { path, change }]);
        assert!(matches!(refused, Err(FolderError::Outside { .. })));
    }
    for base in ["..", "/tmp", "a/../.."] {
        assert!(Folder::open(root.path(), base).is_err());
    }
}

#[cfg(unix)]
#[test]
fn links_that_lead_out_are_refused_and_others_are_followed() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let (root, folder) = project();
    let other = tempfile::tempdir().unwrap();
    let policies = root.path().join("policies");
    let drafts = [draft(POLICY, "A", "1"), draft(Kind::Group, "G", "2")];
    let proposals = folder.propose(&drafts).unwrap();
    // A link that comes between the proposal and the writing.
    symlink(other.path(), &policies).unwrap();
    assert!(matches!(
        folder.write(&proposals),
        Err(FolderError::Outside { .. })
    ));
    assert!(matches!(
        folder.propose(&drafts),
        Err(FolderError::Outside { .. })
    ));
    fs::remove_file(&policies).unwrap();
    fs::create_dir(&policies).unwrap();
    symlink(other.path().join("A.yaml"), policies.join("A.yaml")).unwrap();
    assert!(matches!(
        folder.write(&proposals),
        Err(FolderError::Outside { .. })
    ));
    fs::remove_file(policies.join("A.yaml")).unwrap();
    assert_eq!(fs::read_dir(other.path()).unwrap().count(), 0);
    // Inside, a link is followed and stays; the file keeps its mode.
    fs::write(root.path().join("real.yaml"), "a: 1\n").unwrap();
    fs::set_permissions(
        root.path().join("real.yaml"),
        fs::Permissions::from_mode(0o640),
    )
    .unwrap();
    symlink("../real.yaml", policies.join("link.yaml")).unwrap();
    let change = FileDraft::Changed {
        file: read(&root, "policies/link.yaml"),
        text: "a: 2\n".to_owned(),
    };
    folder.write(&folder.propose(&[change]).unwrap()).unwrap();
    assert!(
        policies
            .join("link.yaml")
            .symlink_metadata()
            .unwrap()
            .is_symlink()
    );
    assert_eq!(read(&root, "real.yaml").text, "a: 2\n");
    let mode = fs::metadata(root.path().join("real.yaml"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o640);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn objects_never_share_a_file_and_stay_inside(
        names in proptest::collection::vec((any_name(), 0..6_usize), 1..8),
    ) {
        let (root, folder) = project();
        let drafts: Vec<FileDraft> = names
            .iter()
            .enumerate()
            .map(|(id, (name, kind))| draft(Kind::ALL[*kind], name, &id.to_string()))
            .collect();
        let proposals = folder.propose(&drafts).unwrap();
        prop_assert_eq!(&folder.propose(&drafts).unwrap(), &proposals);
        let keys: HashSet<String> = proposals.iter().map(|p| names::key(&p.path)).collect();
        prop_assert_eq!(keys.len(), drafts.len());
        let written = folder.write(&proposals).unwrap();
        prop_assert_eq!(written.len(), drafts.len());
        for path in &written {
            let real = root.path().join(path).canonicalize().unwrap();
            prop_assert!(real.starts_with(root.path().canonicalize().unwrap().join("policies")));
        }
        let again = folder.propose(&drafts).unwrap();
        prop_assert!(again.iter().all(|p| p.change == Change::Unchanged), "{again:?}");
    }
}
