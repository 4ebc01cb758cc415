// The page's script of an earlier release.
