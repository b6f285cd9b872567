import { emptyFiles } from "./file-tree.js";

const [brush, wave] = ["brush_hair", "wave"] as const;

/** Names of clips, and their codes in split 1: 1 for training, 2 for test, 0 for neither. */
export const hmdb51Clips = [
  [brush, `April_09_${brush}_u_nm_np1_ba_goo_0.avi`, 1],
  [brush, `April_09_${brush}_u_nm_np1_ba_goo_1.avi`, 1],
  [brush, `sarah_brushing_hair_${brush}_h_cm_np1_fr_med_0.avi`, 2],
  [brush, `Trichotillomania_${brush}_h_nm_np1_fr_goo_0.avi`, 0],
  [wave, `20060723sfjffbartsinger_${wave}_f_cm_np1_ba_med_0.avi`, 1],
] as const;

/** HMDB51 in small: as its archives unpack, with the lists of split 1 for two classes. */
export function hmdb51Files(): Record<string, string> {
  const paths = hmdb51Clips.map(([label, file]) => `${label}/${file}`);
  const listOf = (wanted: string): string =>
    hmdb51Clips
      .filter(([label]) => label === wanted)
      .map(([, file, code]) => `${file} ${code} \r\n`)
      .join("");
  return {
    ...emptyFiles(...paths),
    [`testTrainMulti_7030_splits/${brush}_test_split1.txt`]: listOf(brush),
    [`testTrainMulti_7030_splits/${wave}_test_split1.txt`]: listOf(wave),
  };
}
