/**
 * What a tab is to the others that share its connection. `joining`: nobody is known to lead. `leading`: it holds the connection.
 * `following`: it is relayed what the leader reads. `alone`: it cannot share, and has a connection of its own.
 */
export type SharingMode = 'joining' | 'leading' | 'following' | 'alone'
