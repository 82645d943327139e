//! Real folders, and what is told about them.

use std::fs;
use std::os::unix::fs::symlink;
use std::time::Duration;

use tempfile::TempDir;

use super::*;

/// Far beyond what a busy machine needs.
const PATIENCE: Duration = Duration::from_secs(30);
const WEB: ServiceId = ServiceId::new(0);
const API: ServiceId = ServiceId::new(1);

/// A project's folder and who watches it.
struct Scene {
    folder: TempDir,
    lookout: Lookout,
}

impl Scene {
    /// Makes these folders and files, and watches the patterns for `WEB`.
    async fn new(files: &[&str], patterns: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let lookout = Lookout::start(folder.path(), Some(folder.path().join("logs"))).unwrap();
        let mut scene = Self { folder, lookout };
        for file in files {
            scene.write(file);
        }
        scene.lookout.want(Wanted::from([(WEB, watch(patterns))]));
        scene.until(|sighting| matches!(sighting, Sighting::Watching { .. })).await;
        scene
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str) {
        fs::create_dir_all(self.path(name).parent().unwrap()).unwrap();
        fs::write(self.path(name), name).unwrap();
    }

    async fn next(&mut self) -> Sighting {
        tokio::time::timeout(PATIENCE, self.lookout.next()).await.expect("nothing was told").expect("it has ended")
    }

    async fn until(&mut self, is_it: impl Fn(&Sighting) -> bool) -> Sighting {
        loop {
            let sighting = self.next().await;
            if is_it(&sighting) {
                return sighting;
            }
        }
    }

    /// Waits until this file of `WEB` is told, and fails when one of `never` is before.
    async fn until_changed(&mut self, file: &str, never: &[&str]) {
        let told = |sighting: &Sighting| match sighting {
            Sighting::Changed { file: Some(file), .. } => Some(file.to_string()),
            Sighting::Changed { file: None, .. } | Sighting::Watching { .. } | Sighting::Failed { .. } => None,
        };
        self.until(|sighting| {
            let told = told(sighting);
            assert!(!never.iter().any(|never| told.as_deref() == Some(*never)), "{told:?} was told");
            told.as_deref() == Some(file)
        })
        .await;
    }
}

fn watch(patterns: &[&str]) -> Watch {
    let patterns = patterns.iter().map(|pattern| (*pattern).to_owned()).collect();
    Watch { patterns, ignore: vec![], debounce: Duration::from_millis(300) }
}

#[tokio::test]
async fn files_that_are_meant_are_told_and_others_are_not() {
    let files = ["src/a/main.rs", "src/notes.txt", "target/x.rs", ".git/x.rs", "logs/web.rs"];
    let mut scene = Scene::new(&files, &["**/*.rs"]).await;
    fs::write(scene.path(".gitignore"), "target\n").unwrap();
    for file in ["src/notes.txt", ".git/x.rs", "logs/web.rs"] {
        scene.write(file);
    }
    scene.write("src/a/main.rs");
    scene.until_changed("src/a/main.rs", &["src/notes.txt", ".git/x.rs", "logs/web.rs"]).await;
    scene.write("target/x.rs");
    fs::remove_file(scene.path("src/a/main.rs")).unwrap();
    scene.until_changed("src/a/main.rs", &["target/x.rs"]).await;
}

#[tokio::test]
async fn a_folder_that_appears_is_watched_with_what_is_in_it() {
    let mut scene = Scene::new(&["src/main.rs"], &["src/**/*.rs", "later/deep/*.rs"]).await;
    scene.write("src/new/deep/a.rs");
    scene.until_changed("src/new/deep/a.rs", &[]).await;
    scene.write("src/new/deep/b.rs");
    scene.until_changed("src/new/deep/b.rs", &[]).await;
    // not there at the beginning, made, deleted and made again
    for _ in 0..2 {
        scene.write("later/deep/c.rs");
        scene.until_changed("later/deep/c.rs", &[]).await;
        scene.write("later/deep/d.rs");
        scene.until_changed("later/deep/d.rs", &[]).await;
        fs::remove_dir_all(scene.path("later")).unwrap();
        scene.until(|sighting| matches!(sighting, Sighting::Watching { missing: Some(_), .. })).await;
    }
}

#[tokio::test]
async fn a_folder_that_is_moved_away_is_a_change_and_another_in_its_place_is_watched() {
    let mut scene = Scene::new(&["src/main.rs", "src/sub/a.rs"], &["src/**/*.rs"]).await;
    fs::rename(scene.path("src/sub"), scene.path("sub")).unwrap();
    scene.until_changed("src/sub", &[]).await;
    fs::rename(scene.path("src"), scene.path("old")).unwrap();
    scene.until_changed("src", &[]).await;
    scene.write("src/main.rs");
    scene.until_changed("src/main.rs", &[]).await;
    scene.write("old/main.rs");
    scene.write("src/other.rs");
    scene.until_changed("src/other.rs", &[]).await;
}

#[tokio::test]
async fn a_plain_name_is_a_file_or_a_folder_and_may_be_a_link() {
    let mut scene = Scene::new(&["elsewhere/x", ".env"], &["link", ".env"]).await;
    symlink(scene.path("elsewhere"), scene.path("link")).unwrap();
    scene.until_changed("link/x", &[]).await;
    scene.write("elsewhere/y/z");
    scene.until_changed("link/y/z", &[]).await;
    // as editors do: another file takes its place
    fs::write(scene.path("env-new"), "x").unwrap();
    fs::rename(scene.path("env-new"), scene.path(".env")).unwrap();
    scene.until_changed(".env", &["env-new"]).await;
    // a link inside leads out of what is watched, or in a circle
    symlink(scene.path("elsewhere"), scene.path("elsewhere/circle")).unwrap();
    scene.until_changed("link/circle", &[]).await;
    scene.write("elsewhere/x");
    scene.until_changed("link/x", &["link/circle/x"]).await;
}

#[tokio::test]
async fn what_is_no_longer_wanted_is_no_longer_told() {
    let mut scene = Scene::new(&["a/x", "b/x"], &["a"]).await;
    scene.lookout.want(Wanted::from([(API, watch(&["b"]))]));
    scene.until(|sighting| matches!(sighting, Sighting::Watching { service: API, .. })).await;
    scene.write("a/x");
    scene.write("b/x");
    let first = scene.until(|sighting| matches!(sighting, Sighting::Changed { .. })).await;
    assert_eq!(first, Sighting::Changed { service: API, file: Some("b/x".into()) });
}

#[tokio::test]
async fn ten_thousand_files_at_once_are_told_one_by_one_or_as_a_whole() {
    let mut scene = Scene::new(&["src/main.rs"], &["src"]).await;
    for number in 0..10_000 {
        let folder = scene.path(&format!("src/{}", number / 100));
        if number % 100 == 0 {
            fs::create_dir_all(&folder).unwrap();
        }
        fs::write(folder.join(number.to_string()), "").unwrap();
    }
    scene.until(|sighting| matches!(sighting, Sighting::Changed { .. })).await;
    // whatever was told as a whole, the folders that came with it are watched
    fs::write(scene.path("src/99/last"), "x").unwrap();
    scene
        .until(|sighting| match sighting {
            Sighting::Changed { file, .. } => file.as_deref().is_none_or(|file| file == "src/99/last"),
            Sighting::Watching { .. } | Sighting::Failed { .. } => false,
        })
        .await;
    let after = Sighting::Changed { service: WEB, file: Some("src/98/after".into()) };
    loop {
        fs::write(scene.path("src/98/after"), "x").unwrap();
        if scene.next().await == after {
            return;
        }
    }
}
