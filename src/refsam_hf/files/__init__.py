"""Files and folders, whole or absent: for what is written anywhere in the package, and for the JSON that it reads."""
