/** Why somebody fails a case, where its documentation or its code tells: by the key of the column and the name of the case. */
export const REASONS: Readonly<Record<string, Readonly<Record<string, string>> | undefined>> = {}
