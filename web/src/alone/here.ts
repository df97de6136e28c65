/** The folder of this page: browsers keep things by server, and a server may have several of these pages. */
export const HERE = new URL("./", location.href).pathname;
