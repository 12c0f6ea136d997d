"""What somebody who may ask can try in order to learn of a record that is withheld from them."""
