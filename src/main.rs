//! temp
fn main() {
    let root = std::path::PathBuf::from(std::env::args().nth(1).unwrap());
    match gatewright::manifest::config::ConfigFile::load(&root) {
        Ok(c) => {
            let (n, t) = c.tenant(None).unwrap();
            let (d, f) = gatewright::manifest::project::load(&c, n, t);
            for f in &f { println!("{:?} {} {} {:?} | {:?}", f.severity, f.code, f.message, f.place.as_ref().map(|p| p.to_string()), f.help); }
            for m in &d.manifests { println!("{} {} {}", m.kind(), m.name(), m.object.normal_form()); }
        }
        Err(f) => for f in &f { println!("{:?} {} {} {:?} | {:?}", f.severity, f.code, f.message, f.place.as_ref().map(|p| p.to_string()), f.help); }
    }
}
