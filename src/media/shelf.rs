//! Where pictures are kept: a folder or a bucket, the same for every node.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path as Folder;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream::BoxStream;
use futures_util::{StreamExt, TryStreamExt};
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use url::Url;

use crate::domain::ids::{MediaId, WorkspaceId};

/// Pictures by workspace and id, each with its thumbnail. Cheap to clone.
#[derive(Debug, Clone)]
pub struct MediaStore {
    objects: Arc<dyn ObjectStore>,
    prefix: Path,
}

/// A stored file, to be streamed.
pub struct Stored {
    /// In bytes.
    pub length: u64,
    pub bytes: BoxStream<'static, Result<Bytes, Error>>,
}

/// Why a picture could not be kept or found.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("there is no such file")]
    Missing,
    #[error("the place for media cannot be used: {0}")]
    Place(String),
    /// The innermost reason, such as a disk that is full; the layers around it only repeat each other.
    #[error("the place for media failed: {}", innermost(.0))]
    Failed(#[source] object_store::Error),
}

fn innermost(error: &dyn std::error::Error) -> String {
    error.source().map_or_else(|| error.to_string(), innermost)
}

impl From<object_store::Error> for Error {
    fn from(error: object_store::Error) -> Self {
        match error {
            object_store::Error::NotFound { .. } => Error::Missing,
            other => Error::Failed(other),
        }
    }
}

impl MediaStore {
    /// Opens the place at `url`: `file:///srv/baton/media` (made when missing, readable by this user only), or `s3://bucket/prefix`
    /// in a build with the feature `s3`; credentials then come as AWS's own tools take them.
    ///
    /// # Errors
    /// [`Error::Place`], in words for the person who configured it.
    pub fn at(url: &Url) -> Result<Self, Error> {
        match url.scheme() {
            "file" => Self::in_folder(&url.to_file_path().map_err(|()| Error::Place(format!("{url} is no folder")))?),
            "s3" => bucket(url),
            other => Err(Error::Place(format!("{other}: is not supported; use file: or s3:"))),
        }
    }

    fn in_folder(folder: &Folder) -> Result<Self, Error> {
        let unusable = |reason: &dyn std::fmt::Display| Error::Place(format!("{}: {reason}", folder.display()));
        DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(|error| unusable(&error))?;
        // On disk before it counts as stored: after a few days WhatsApp will not give the picture again.
        let objects =
            LocalFileSystem::new_with_prefix(folder).map_err(|error| unusable(&error))?.with_fsync(true).with_automatic_cleanup(true);
        Ok(Self { objects: Arc::new(objects), prefix: Path::default() })
    }

    /// Keeps a picture that nobody has kept before, and its thumbnail.
    ///
    /// # Errors
    /// [`Error::Failed`]; then neither is kept.
    pub async fn put_new(&self, workspace: WorkspaceId, id: MediaId, bytes: Bytes, thumbnail: Bytes) -> Result<(), Error> {
        let put = self.put(workspace, id, bytes, thumbnail).await;
        if put.is_err()
            && let Err(error) = self.remove(workspace, id).await
        {
            tracing::warn!(media = %id, %error, "what was stored of a picture could not be removed again");
        }
        put
    }

    /// Keeps a picture and its thumbnail; the same id again replaces both.
    ///
    /// # Errors
    /// [`Error::Failed`]; what was kept under this id before, perhaps by another node, is there still, and it may be repeated.
    pub async fn put(&self, workspace: WorkspaceId, id: MediaId, bytes: Bytes, thumbnail: Bytes) -> Result<(), Error> {
        self.objects.put(&self.place(workspace, id, "thumbnail"), thumbnail.into()).await?;
        self.objects.put(&self.place(workspace, id, "original"), bytes.into()).await?;
        Ok(())
    }

    /// The picture, as a stream.
    ///
    /// # Errors
    /// [`Error::Missing`], [`Error::Failed`].
    pub async fn open(&self, workspace: WorkspaceId, id: MediaId) -> Result<Stored, Error> {
        self.stream(&self.place(workspace, id, "original")).await
    }

    /// Its thumbnail, a JPEG, as a stream.
    ///
    /// # Errors
    /// [`Error::Missing`], [`Error::Failed`].
    pub async fn open_thumbnail(&self, workspace: WorkspaceId, id: MediaId) -> Result<Stored, Error> {
        self.stream(&self.place(workspace, id, "thumbnail")).await
    }

    /// The whole picture, to send it.
    ///
    /// # Errors
    /// [`Error::Missing`], [`Error::Failed`].
    pub async fn read(&self, workspace: WorkspaceId, id: MediaId) -> Result<Bytes, Error> {
        Ok(self.objects.get(&self.place(workspace, id, "original")).await?.bytes().await?)
    }

    /// Drops a picture and its thumbnail, whichever there is of them.
    ///
    /// # Errors
    /// [`Error::Failed`]; it may be repeated.
    pub async fn remove(&self, workspace: WorkspaceId, id: MediaId) -> Result<(), Error> {
        for part in ["thumbnail", "original"] {
            match self.objects.delete(&self.place(workspace, id, part)).await.map_err(Error::from) {
                Ok(()) | Err(Error::Missing) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    async fn stream(&self, place: &Path) -> Result<Stored, Error> {
        let found = self.objects.get(place).await?;
        Ok(Stored { length: found.meta.size, bytes: found.into_stream().map_err(Error::from).boxed() })
    }

    fn place(&self, workspace: WorkspaceId, id: MediaId, part: &str) -> Path {
        self.prefix.clone().join(workspace.to_string()).join(id.to_string()).join(part)
    }
}

#[cfg(feature = "s3")]
fn bucket(url: &Url) -> Result<MediaStore, Error> {
    let unusable = |error: &dyn std::fmt::Display| Error::Place(format!("{url}: {error}"));
    let objects = object_store::aws::AmazonS3Builder::from_env().with_url(url.as_str()).build().map_err(|error| unusable(&error))?;
    let prefix = Path::from_url_path(url.path()).map_err(|error| unusable(&error))?;
    Ok(MediaStore { objects: Arc::new(objects), prefix })
}

#[cfg(not(feature = "s3"))]
fn bucket(url: &Url) -> Result<MediaStore, Error> {
    Err(Error::Place(format!("{url}: this build has no support for buckets; build with --features s3")))
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    struct Place(std::path::PathBuf);

    impl Place {
        fn new() -> Self {
            Self(std::env::temp_dir().join(format!("baton-media-{}", Uuid::new_v4())))
        }

        fn store(&self) -> MediaStore {
            MediaStore::at(&Url::from_directory_path(self.0.join("deep/er")).unwrap()).unwrap()
        }
    }

    impl Drop for Place {
        fn drop(&mut self) {
            std::fs::remove_dir_all(&self.0).unwrap();
        }
    }

    async fn whole(stored: Stored) -> (u64, Vec<u8>) {
        let chunks: Vec<Bytes> = stored.bytes.try_collect().await.unwrap();
        (stored.length, chunks.concat())
    }

    #[tokio::test]
    async fn a_picture_comes_back_as_it_was_put() {
        let place = Place::new();
        let store = place.store();
        let (workspace, id) = (WorkspaceId(Uuid::new_v4()), MediaId(Uuid::new_v4()));
        store.put(workspace, id, Bytes::from_static(b"first"), Bytes::from_static(b"small")).await.unwrap();
        store.put(workspace, id, Bytes::from_static(b"large"), Bytes::from_static(b"tiny")).await.unwrap();
        assert_eq!(whole(store.open(workspace, id).await.unwrap()).await, (5, b"large".to_vec()));
        assert_eq!(whole(store.open_thumbnail(workspace, id).await.unwrap()).await, (4, b"tiny".to_vec()));
        assert_eq!(store.read(workspace, id).await.unwrap(), Bytes::from_static(b"large"));
    }

    #[tokio::test]
    async fn another_workspace_has_no_such_picture() {
        let place = Place::new();
        let store = place.store();
        let id = MediaId(Uuid::new_v4());
        store.put(WorkspaceId(Uuid::from_u128(1)), id, Bytes::from_static(b"x"), Bytes::from_static(b"y")).await.unwrap();
        let other = WorkspaceId(Uuid::from_u128(2));
        assert!(matches!(store.open(other, id).await, Err(Error::Missing)));
        assert!(matches!(store.open_thumbnail(other, id).await, Err(Error::Missing)));
        assert!(matches!(store.read(other, id).await, Err(Error::Missing)));
    }

    #[tokio::test]
    async fn of_a_picture_that_could_not_be_kept_nothing_stays() {
        let place = Place::new();
        let store = place.store();
        let (workspace, id) = (WorkspaceId(Uuid::new_v4()), MediaId(Uuid::new_v4()));
        let own = place.0.join(format!("deep/er/{workspace}/{id}"));
        // Stands where the picture is to be written.
        std::fs::create_dir_all(own.join("original/something")).unwrap();
        let failed = store.put_new(workspace, id, Bytes::from_static(b"large"), Bytes::from_static(b"small")).await;
        let words = failed.unwrap_err().to_string();
        assert!(words.contains("directory"), "the cause is not named: {words}");
        let left: Vec<_> = std::fs::read_dir(&own).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left, ["original"]);
        std::fs::remove_dir_all(own.join("original")).unwrap();
        store.put(workspace, id, Bytes::from_static(b"large"), Bytes::from_static(b"small")).await.unwrap();
        store.remove(workspace, id).await.unwrap();
        assert!(!own.exists(), "an empty folder stays");
        store.remove(workspace, id).await.unwrap();
    }

    #[tokio::test]
    async fn a_picture_that_is_kept_stays_when_another_node_fails_to_keep_it_again() {
        let place = Place::new();
        let store = place.store();
        let (workspace, id) = (WorkspaceId(Uuid::new_v4()), MediaId(Uuid::new_v4()));
        store.put(workspace, id, Bytes::from_static(b"large"), Bytes::from_static(b"small")).await.unwrap();
        let thumbnail = place.0.join(format!("deep/er/{workspace}/{id}/thumbnail"));
        std::fs::remove_file(&thumbnail).unwrap();
        std::fs::create_dir_all(thumbnail.join("something")).unwrap();
        store.put(workspace, id, Bytes::from_static(b"large"), Bytes::from_static(b"small")).await.unwrap_err();
        assert_eq!(store.read(workspace, id).await.unwrap(), Bytes::from_static(b"large"));
    }

    #[test]
    fn a_full_disk_is_called_by_its_name() {
        let full = std::io::Error::from(std::io::ErrorKind::StorageFull);
        let error = Error::from(object_store::Error::Generic { store: "LocalFileSystem", source: Box::new(full) });
        assert_eq!(error.to_string(), "the place for media failed: no storage space");
    }

    #[test]
    fn the_folder_is_for_this_user_only() {
        use std::os::unix::fs::PermissionsExt;
        let place = Place::new();
        place.store();
        let mode = std::fs::metadata(place.0.join("deep/er")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
    }

    #[test]
    fn a_place_that_cannot_be_used_says_so() {
        for (url, part) in [("ftp://x/y", "ftp: is not supported"), ("file:///dev/null/x", "/dev/null/x"), ("s3://", "s3://")] {
            let words = MediaStore::at(&Url::parse(url).unwrap()).unwrap_err().to_string();
            assert!(words.contains(part), "{words}");
        }
    }
}
