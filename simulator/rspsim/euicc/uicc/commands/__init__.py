"""The commands of a UICC that a terminal sends to the file system and its applications."""
