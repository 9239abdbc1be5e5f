use std::path::Path;

use auth_core::{Error, ErrorKind, TokenStore};

use crate::support::{PATIENCE, Place, ann, ben, record, save};

fn put(path: &Path, content: &[u8]) {
    std::fs::remove_file(path).unwrap();
    std::io::Write::write_all(&mut std::fs::File::create(path).unwrap(), content).unwrap();
}

#[tokio::test]
async fn a_damaged_record_is_an_error_without_the_lock_and_set_aside_under_it() -> Result<(), Error> {
    let place = Place::new();
    let store = place.store();
    save(&store, &ann(), &record("first")).await;
    let path = place.record();
    let good = std::fs::read(&path).unwrap();
    let mut flipped = good.clone();
    *flipped.last_mut().unwrap() ^= 1;
    let large = vec![0; 2 << 20];
    let cases: [&[u8]; 6] = [b"", b"AZML", &good[..good.len() - 1], &flipped, b"{\"foreign\": 1}", &large];
    for (number, bad) in cases.into_iter().enumerate() {
        put(&path, bad);
        let error = store.load(&ann()).await.unwrap_err();
        assert_eq!((error.kind(), error.help()), (ErrorKind::Store, Some("sign in again: azml login")));
        assert!(error.to_string().starts_with(path.to_str().unwrap()), "{error}");
        assert_eq!(std::fs::read(&path).unwrap(), bad, "reading renames nothing");

        let mut locked = store.lock(&ann(), PATIENCE).await?;
        assert_eq!(locked.load().await?, None);
        assert!(!path.exists());
        let aside = path.with_extension(format!("azml.corrupt-{}", 1_000 + number));
        assert_eq!(std::fs::read(aside).unwrap(), bad, "nothing is lost, nothing overwritten");
        locked.save(&record("again")).await?;
        assert_eq!(locked.load().await?, Some(record("again")));
    }
    let kept = place.names().iter().filter(|name| name.contains(".corrupt-")).count();
    assert_eq!(kept, 3, "only the newest are kept");
    Ok(())
}

#[tokio::test]
async fn saving_over_a_damaged_record_sets_it_aside_first() -> Result<(), Error> {
    let place = Place::new();
    save(&place.store(), &ann(), &record("first")).await;
    put(&place.record(), b"damaged");
    save(&place.store(), &ann(), &record("second")).await;
    assert_eq!(std::fs::read(place.file("", ".corrupt-")).unwrap(), b"damaged");
    assert_eq!(place.store().load(&ann()).await?, Some(record("second")));
    Ok(())
}

#[tokio::test]
async fn two_records_that_were_swapped_do_not_open() {
    let place = Place::new();
    let store = place.store();
    save(&store, &ann(), &record("ann's")).await;
    let anns = place.record();
    save(&store, &ben(), &record("ben's")).await;
    let bens = place.file("ben-contoso-com", ".azml");
    let (ann_bytes, ben_bytes) = (std::fs::read(&anns).unwrap(), std::fs::read(&bens).unwrap());
    put(&anns, &ben_bytes);
    put(&bens, &ann_bytes);
    let error = store.load(&ann()).await.unwrap_err();
    assert!(error.to_string().ends_with("it is the record of \"login/azurecloud/ben@contoso.com\""), "{error}");
    assert!(store.load(&ben()).await.is_err());

    // Even if the text in the header is changed as well.
    let text = ben_bytes.windows(3).position(|window| window == b"ben").unwrap();
    let mut forged = ben_bytes;
    forged[text..text + 3].copy_from_slice(b"ann");
    put(&anns, &forged);
    let error = store.load(&ann()).await.unwrap_err();
    assert!(error.to_string().ends_with("it is damaged"), "{error}");
}

#[tokio::test]
async fn a_record_of_a_later_version_is_left_alone_and_reported() -> Result<(), Error> {
    let place = Place::new();
    let store = place.store();
    save(&store, &ann(), &record("first")).await;
    let path = place.record();
    let mut locked = store.lock(&ann(), PATIENCE).await?;
    for later in [b"AZML\x02 another layout", b"AZML\x01\xff another key  "] {
        put(&path, later);
        for error in [
            store.load(&ann()).await.unwrap_err(),
            locked.load().await.unwrap_err(),
            locked.save(&record("x")).await.unwrap_err(),
            locked.remove().await.unwrap_err(),
        ] {
            assert_eq!(error.kind(), ErrorKind::Store);
            assert!(error.to_string().ends_with("was written by a later version"), "{error}");
            assert_eq!(error.help(), Some("update azml; the record is left as it is"));
        }
        assert_eq!(std::fs::read(&path).unwrap(), later);
    }
    Ok(())
}

#[tokio::test]
async fn something_that_is_no_plain_file_is_never_opened() -> Result<(), Error> {
    let place = Place::new();
    let store = place.store();
    save(&store, &ann(), &record("first")).await;
    let path = place.record();
    std::fs::remove_file(&path).unwrap();
    // Opening a pipe would wait for a writer for ever.
    assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
    let error = store.load(&ann()).await.unwrap_err();
    assert!(error.to_string().ends_with("it is not a plain file"), "{error}");
    save(&store, &ann(), &record("second")).await;
    std::fs::remove_file(&path).unwrap();
    std::os::unix::fs::symlink("/dev/zero", &path).unwrap();
    assert!(store.load(&ann()).await.is_err());
    assert_eq!(store.lock(&ann(), PATIENCE).await?.load().await?, None);
    assert!(!path.exists());
    Ok(())
}

#[tokio::test]
async fn a_folder_or_a_socket_in_the_place_of_a_record_is_set_aside() -> Result<(), Error> {
    let place = Place::new();
    let store = place.store();
    save(&store, &ann(), &record("first")).await;
    let path = place.record();
    let folder = |path: &std::path::Path| std::fs::create_dir_all(path.join("not empty")).unwrap();
    let socket = |path: &std::path::Path| drop(std::os::unix::net::UnixListener::bind(path).unwrap());
    for put in [&folder as &dyn Fn(&std::path::Path), &socket] {
        std::fs::remove_file(&path).unwrap();
        put(&path);
        let error = store.load(&ann()).await.unwrap_err();
        assert!(error.to_string().ends_with("it is not a plain file"), "{error}");
        save(&store, &ann(), &record("second")).await;
        assert_eq!(store.load(&ann()).await?, Some(record("second")));
    }
    Ok(())
}
