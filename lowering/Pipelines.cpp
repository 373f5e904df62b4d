// The stage table.
