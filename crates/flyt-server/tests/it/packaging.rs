//! The Debian package, built from the binary of the tests and looked into.

use crate::binary::{Folder, word};
use std::path::Path;
use std::process::Command;

fn output(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_package_holds_the_binary_its_unit_its_settings_and_completions() {
    if Command::new("dpkg-deb").arg("--version").output().is_err() {
        println!("NOT RUN: dpkg-deb is missing, so the package was not built");
        return;
    }
    let folder = Folder::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let out = folder.at("");
    let built = output(Command::new(root.join("deploy/debian/build")).args([
        env!("CARGO_BIN_EXE_flyt"),
        word(&out),
        "0",
    ]));
    let package = built.trim();
    let contents = output(Command::new("dpkg-deb").args(["--contents", package]));
    for (mode, path) in [
        ("-rwxr-xr-x root/root", "./usr/bin/flyt"),
        ("-rw-r--r-- root/root", "./lib/systemd/system/flyt.service"),
        ("-rw-r----- root/root", "./etc/flyt/flyt.toml"),
        ("-rw-r--r-- root/root", "./usr/share/doc/flyt/operating.md"),
        (
            "-rw-r--r-- root/root",
            "./usr/share/bash-completion/completions/flyt",
        ),
    ] {
        let there = contents.lines().any(|l| l.starts_with(mode) && l.ends_with(path));
        assert!(there, "{path}: {contents}");
    }
    let field = |name: &str| {
        output(Command::new("dpkg-deb").args(["--field", package, name]))
            .trim()
            .to_owned()
    };
    assert_eq!(
        (field("Package"), field("Version")),
        ("flyt".to_owned(), env!("CARGO_PKG_VERSION").to_owned())
    );

    output(Command::new("dpkg-deb").args(["--extract", package, word(&folder.at("x"))]));
    let settings = std::fs::read_to_string(folder.at("x").join("etc/flyt/flyt.toml")).unwrap();
    assert!(
        settings.contains("\ndata = \"/var/lib/flyt\"\n"),
        "the package says where the data are"
    );
    output(Command::new("dpkg-deb").args(["--control", package, word(&folder.at("c"))]));
    let control = |name: &str| std::fs::read_to_string(folder.at("c").join(name)).unwrap();
    assert_eq!(control("conffiles").trim(), "/etc/flyt/flyt.toml");
    assert!(
        control("postinst").contains("adduser --system") && !control("postrm").contains("/var/lib/flyt\n")
    );
}

#[test]
fn the_unit_starts_a_command_that_exists_under_a_user_of_its_own() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let unit = std::fs::read_to_string(root.join("deploy/flyt.service")).unwrap();
    for wanted in [
        "ExecStart=/usr/bin/flyt serve\n",
        "User=flyt\n",
        "StateDirectory=flyt\n",
        "ProtectSystem=strict\n",
        "NoNewPrivileges=yes\n",
        "CapabilityBoundingSet=\n",
        "SystemCallFilter=@system-service\n",
    ] {
        assert!(unit.contains(wanted), "{wanted}");
    }
}
