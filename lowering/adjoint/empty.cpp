// placeholder until the folder's files land
