import { emptyFiles } from "./file-tree.js";

/** KTH in small: three people, one of each part, in the layout of its archives and list. */
export function kthFiles(): Record<string, string> {
  return {
    ...emptyFiles(
      "boxing/person11_boxing_d1_uncomp.avi",
      "boxing/person19_boxing_d1_uncomp.avi",
      "running/person22_running_d2_uncomp.avi",
    ),
    "00sequences.txt": [
      "'Sequences' of the database; a clip has about four subsequences",
      "",
      "Training:   person11, 12, 13",
      "",
      "person11_boxing_d1\t\tframes\t1-95, 96-185, 186-245, 246-360",
      "person19_boxing_d1\t\tframes\t1-100, 101-200",
      "person22_running_d2\t\tframes\t26-50,",
      "person13_handclapping_d3\t*missing*",
      "person01_walking_d1\t\tframes\t1-75, 152-225",
    ].join("\r\n"),
  };
}
