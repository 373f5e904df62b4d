mix.mixer @m dims ["K"] {
  mix.nothing "k"
}
